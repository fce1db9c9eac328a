"""Cases of the detector: candles and observations, out of the same kind of integers as the reducer's."""
