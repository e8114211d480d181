"""Sentence encoders: checkpoints, their export to int8 ONNX, and cached vectors."""
