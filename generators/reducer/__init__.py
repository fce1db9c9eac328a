"""Cases of the reducer: event streams decoded from integers, and market traffic made from candles."""
