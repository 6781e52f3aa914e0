"""Benchmarks: the compile and the engine, side by side with what users would pick instead, in one run."""
