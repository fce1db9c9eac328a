"""The reference detector, one role per module; `hmm_regime_detector` is its public face.

Read in this order: `types`, `features`, `standardise`, `training`, `inference`, `regime_detector`; then `blending` and
`snapshot`. `checks`, `series` and `config` hold what is accepted from outside, and the sentences for what is not.

Floats are added, multiplied and divided in the order that is written, one operation at a time: a port that does the same gets
the same bits. So nothing here uses `sum` (compensated from Python 3.12 on) or numpy's (pairwise), and no power of a float.
"""
