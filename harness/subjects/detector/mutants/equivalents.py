"""The detector's equivalent mutants, and those that cases seldom show: data for `harness.mutants.equivalents`."""

from __future__ import annotations

from harness.mutants.equivalents import Equivalent

SAME_LENGTH = "both lists are made from the same candles, so their lengths are equal"
APART = "the two lists are separate, and neither step reads what the other writes"
REFUSED_ANYWAY = "a smaller integer passes, and the next line refuses it with the same message"
NOT_THREE = "any number other than 3 means that there was none"
FIRST_SLOPE = "periods are at least 1, so the first candle has no row and its slope is never read"
ZERO_ADDED = "a change of zero adds a zero of either sign to sums that start at 0.0"
ADDS_UP = "rows are divided by their sum: they add up to 1 within rounding, or to 0 for a state that never occurs"
START_ADDS_UP = "the start probabilities are divided by their sum, so they add up to 1 if they are finite"
THREADS = "more threads sum in another order, which changes last bits, within the tolerance"
FITS = "hmmlearn's fit raises no error for three or more finite rows on one scale"
ONLY_ONE_KIND = "the only warning of hmmlearn and scikit-learn that passes the filter is that of too few clusters"
ALL_WRITTEN = "the labels name every regime, so each element is overwritten"
NO_NAN = "no NaN gets here, and of two equal values either may be taken"
TIE = "different only at a tie between two values of four decimals, which the contract allows"
TOGETHER = "model and labels are set together, so either both are None or neither is"
NO_SUCH_KIND = "no numpy dtype has this kind"
ONLY_TEXT = "in a case, only a text equals a text"
PLAIN = "a case is plain data, so its integers are Python's own"
HAS_REPR = "a case is plain data, which always has a repr"
SLOW_WAY = "the slow path makes the same floats of numbers, and refuses everything else with the same message"

NAN_BEFORE = "the transitions are NaN only with the start, the variances only with the means, and these are looked at before"

# This one is not equivalent; the reason says why no case shows it.
BOTH_AT_ONCE = "differs only for two rows whose sum overflows, in the message"

EQUIVALENTS: tuple[Equivalent, ...] = (
    Equivalent("types._read_regime", "constant:minus_one", "0 -> -1", REFUSED_ANYWAY),
    Equivalent("config._read_n_states", "constant:minus_one", "3 -> 2", REFUSED_ANYWAY, text="at_least=3"),
    Equivalent("config._read_n_states", "constant:zero", "3 -> 0", REFUSED_ANYWAY, text="at_least=3"),
    Equivalent("config._read_n_states", "constant:negated", "3 -> -3", REFUSED_ANYWAY, text="at_least=3"),
    Equivalent("config._read_n_states", "constant:plus_one", "0 -> 1", NOT_THREE),
    Equivalent("config._read_n_states", "constant:minus_one", "0 -> -1", NOT_THREE),
    Equivalent("config._read_covariance_type", "default:without_0", "…", ONLY_TEXT),
    Equivalent("features.FeatureExtractor.__post_init__", "assignment:dropped", "object.__setattr__(…", PLAIN),
    Equivalent("features.FeatureExtractor._macd_hist_slopes", "boolean:False", "True -> False", SAME_LENGTH),
    Equivalent("features.FeatureExtractor._ema_spreads", "boolean:False", "True -> False", SAME_LENGTH),
    Equivalent("features.wilder_rsi", "boolean:False", "True -> False", SAME_LENGTH),
    Equivalent("features._ratios", "boolean:False", "True -> False", SAME_LENGTH),
    Equivalent("features.FeatureExtractor._macd_hist_slopes", "constant:plus_one", "0.0 -> 1.0", FIRST_SLOPE),
    Equivalent("features.FeatureExtractor._macd_hist_slopes", "constant:minus_one", "0.0 -> -1.0", FIRST_SLOPE),
    Equivalent("features._gains_and_losses", "order:statements", "gains.append(…; losses.append(… -> …", APART),
    Equivalent("features._gains_and_losses", "comparison:Gt_GtE", "change > 0.0 -> …", ZERO_ADDED),
    Equivalent("features._gains_and_losses", "comparison:Lt_LtE", "change < 0.0 -> …", ZERO_ADDED),
    Equivalent("standardise.mean_and_deviation", "order:statements", "means.append(…; deviations.append(… -> …", APART),
    Equivalent("training._SUM_TOLERANCE", "constant:a_tenth_more", "…", ADDS_UP),
    Equivalent("training._check_model", "comparison:Gt_GtE", "…", ADDS_UP),
    Equivalent("training._check_model", "order:elements_0", "[('startprob', …", START_ADDS_UP),
    Equivalent("training._check_model", "constant:text", "'startprob' -> …", START_ADDS_UP, text="for name, row in"),
    Equivalent("training._fit_quietly", "constant:plus_one", "1 -> 2", THREADS),
    Equivalent("training._fit_quietly", "constant:minus_one", "1 -> 0", THREADS),
    Equivalent("training._fit_quietly", "constant:negated", "1 -> -1", THREADS),
    Equivalent("training._fit_quietly", "early_end:dropped", "raise TrainingError(…", FITS),
    Equivalent("training._fit_quietly", "constant:text", "': ' -> …", FITS),
    Equivalent("training._fit_quietly", "condition:always", "issubclass(…", ONLY_ONE_KIND),
    Equivalent("training._fit_quietly", "order:arguments_0", "issubclass(…", ONLY_ONE_KIND),
    Equivalent("training._fit_quietly", "assignment:dropped", "log.warning('training warned: …", ONLY_ONE_KIND),
    Equivalent("training._fit_quietly", "order:arguments_0", "log.warning('training warned: …", ONLY_ONE_KIND),
    Equivalent("training._fit_quietly", "constant:text", "'training warned: …", ONLY_ONE_KIND),
    Equivalent("inference.regime_probabilities", "constant:plus_one", "0.0 -> 1.0", ALL_WRITTEN),
    Equivalent("inference.regime_probabilities", "constant:minus_one", "0.0 -> -1.0", ALL_WRITTEN),
    Equivalent("inference.judge", "order:arguments_0", "max(-1.0, …", NO_NAN),
    Equivalent("inference.judge", "order:arguments_0", "min(1.0, …", NO_NAN),
    Equivalent("inference.judge", "rounding:naive", "…", TIE),
    Equivalent("blending.compute_grid_bias", "order:arguments_0", "min(0.3, …", NO_NAN),
    Equivalent("regime_detector.RegimeDetector.transmat", "default:without_0", "…", TOGETHER),
    Equivalent("regime_detector.RegimeDetector.transmat", "default:without_1", "…", TOGETHER),
    Equivalent("regime_detector.RegimeDetector.transmat", "logic:And", "…", TOGETHER),
    Equivalent("checks._shown", "assignment:dropped", "text = f'<…", HAS_REPR),
    Equivalent("checks._shown", "constant:text", "'<' -> …", HAS_REPR),
    Equivalent("checks._shown", "constant:text", "'>' -> …", HAS_REPR),
    Equivalent("series.read_series", "condition:always", "array.dtype.kind == 'O' -> True", SLOW_WAY),
    Equivalent("series.read_series", "constant:text", "'iuf' -> …", NO_SUCH_KIND),
    Equivalent("training._check_model", "constant:text", "'transmat' -> …", NAN_BEFORE, text="parameters = {"),
    Equivalent("training._check_model", "constant:text", "'covars' -> …", NAN_BEFORE, text="parameters = {"),
    Equivalent("training.fit_model", "order:statements", "if len(observations) < N_STATES:; …", BOTH_AT_ONCE, rare=True),
)
