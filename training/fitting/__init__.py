"""Fitting the parts of a model: classifiers, units, calibration, stages, memory."""
