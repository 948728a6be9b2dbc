"""Public benchmarks on which forecasting methods are judged, each a file of one shape and a forecaster for it."""
