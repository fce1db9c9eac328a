"""Cases of the detector: candles and observations decoded from integers."""
