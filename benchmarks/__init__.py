"""What measures: every figure of BENCHMARKS.md. Run ``python -m fenban.benchmarks``; not in the wheel."""
