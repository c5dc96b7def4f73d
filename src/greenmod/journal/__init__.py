"""Writing that can be taken back: each file is swapped whole, each run is journaled, each crash is recovered from."""
