"""The reference detector, one role per module; `hmm_regime_detector` is its public face.

Read in this order: `types`, `features`, `standardise`, `training`, `inference`, `regime_detector`; then `blending` and
`snapshot`. `checks`, `series` and `config` check the arguments of callers and word the errors.

Floats are added, multiplied and divided in the order that is written, one operation at a time: a port that does the same gets
the same bits. This code therefore uses neither Python's `sum` (compensated from 3.12 on) nor numpy's (pairwise), and no power
of a float.
"""
