"""The mutants of the detector that are equivalent, and those that seldom show: data for `harness.mutants.equivalents`."""

from __future__ import annotations

from harness.mutants.equivalents import Equivalent

SAME_LENGTH = "both lists are made from the same candles, so they are of one length"
APART = "the two lists are apart, and neither step reads what the other writes"
REFUSED_ANYWAY = "a smaller integer gets through and is refused by the next line, in the same words"
NOT_THREE = "any number but 3 says that there was none"
FIRST_SLOPE = "periods are at least 1, so the first candle has no row and nobody reads its slope"
ZERO_ADDED = "a change of zero adds a zero, of whatever sign, to sums that begin at 0.0"
ADDS_UP = "rows are divided by their sum: they add up to 1 but for some last bits or, where nobody starts from a state, to 0"
START_ADDS_UP = "the start probabilities are divided by their sum, so where they are finite they add up to 1"
THREADS = "more threads add up in another order: bits away, which the tolerance allows"
FITS = "three or more finite rows on one scale are all that hmmlearn asks for: its fit raises nothing then"
ONLY_ONE_KIND = "hmmlearn and scikit-learn warn of too few clusters, and of nothing else that is let through"
ALL_WRITTEN = "the labels name every regime, so each place is written to"
NO_NAN = "no NaN gets here, and of two that are equal it does not matter which is taken"
TIE = "apart only at a tie between two values of four decimals, which the contract forgives"
TOGETHER = "model and labels are set together, so either both are None or neither is"
NO_SUCH_KIND = "no kind of numpy's is called so"
ONLY_TEXT = "in a case, nothing but a text equals a text"
PLAIN = "a case is plain data: its integers are Python's own already"
HAS_REPR = "a case is plain data, and all of that has a repr"
SLOW_WAY = "the slow way makes the same floats of numbers, and refuses all else in the same words"

# These are not equivalent: why no case tells them all the same.
NO_FIELD = "about attributes that are no field, whose refusal a compiled class words in its own way: no case sets one"
ON_PAPER = "the same on paper, since deviations from a mean add up to zero; shows where a column's mean is off by a last bit"
BOTH_AT_ONCE = "two rows whose sum overflows: the sentence is another one"
LISTENING = "whoever compares has every warning shown already, so that it need not be asked for again"
NEVER_MET = "no data are known whose training ends in a parameter that is no number"
AT_THE_LIMIT = "a confidence of exactly the threshold, where a last bit would decide: tests/conformance asks it, no case does"

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
    Equivalent("types.IndicatorSnapshot.__setattr__", "condition:always", "name in self.__slots__ -> …", NO_FIELD, rare=True),
    Equivalent("types.RegimeState.__setattr__", "condition:never", "read is None -> …", NO_FIELD, rare=True),
    Equivalent("standardise.mean_and_deviation", "arithmetic:left_alone", "value - mean -> value", ON_PAPER, rare=True),
    Equivalent("training.fit_model", "order:statements", "if len(observations) < N_STATES:; …", BOTH_AT_ONCE, rare=True),
    Equivalent("training._fit_quietly", "assignment:dropped", "warnings.simplefilter(…", LISTENING, rare=True),
    Equivalent("training._fit_quietly", "order:statements", "warnings.simplefilter(…", LISTENING, rare=True),
    Equivalent("training._check_model", "constant:text", "…", NEVER_MET, text="parameters = {", rare=True),
    Equivalent("training._check_model", "constant:text", "' of the fitted model is not finite' -> …", NEVER_MET, rare=True),
    Equivalent("training._check_model", "early_end:dropped", "…is not finite…", NEVER_MET, rare=True),
    Equivalent("training._check_model", "condition:never", "not np.isfinite(…", NEVER_MET, rare=True),
    Equivalent("inference.judge", "comparison:GtE_Gt", "confidence >= …", AT_THE_LIMIT, rare=True),
)
