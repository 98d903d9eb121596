"""Serves the page and drives it in a real browser: for browser tests, benchmarks and the README's pictures alike.

It stands beside ``dashboard``, which runs without it and without what it needs (requirements-dev.txt and a Chromium:
`make lint chromium`), and not in ``tests`` or ``benchmarks``, since each would then import from the other.
"""
