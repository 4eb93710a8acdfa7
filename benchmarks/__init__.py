"""What ``docs/performance.md`` quotes, one command each: ``python -m benchmarks.read`` and so on."""
