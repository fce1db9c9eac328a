"""Cases of the reducer: event streams decoded from integers, and traffic made from candles."""
