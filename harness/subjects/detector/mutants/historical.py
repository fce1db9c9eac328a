"""Bugs that ports of the detector have had, or almost had. Each replaces a piece of the reference's source."""

from __future__ import annotations

from functools import partial

from harness.mutants.historical import Historical

_bug = partial(Historical, package="detector")
_MODEL = "random_state=SEED)"

HISTORICAL: tuple[Historical, ...] = (
    _bug(name="prior_of_zero", module="training", change="the variances have no prior", old=_MODEL,
         new="random_state=SEED, covars_prior=0.0)"),
    _bug(name="wrong_prior", module="training", change="the prior of the variances is a tenth", old=_MODEL,
         new="random_state=SEED, covars_prior=1e-3)"),
    _bug(name="one_step_too_many", module="training", change="another round of EM after the last one",
         old="            model.fit(observations)\n",
         new="            model.fit(observations)\n            model._do_mstep(model._do_estep(observations, None)[0])\n"),
    _bug(name="late_stop", module="training", change="EM stops at a tenth of the tolerance", old=_MODEL,
         new="random_state=SEED, tol=1e-3)"),
    _bug(name="no_floor", module="training", change="the first variances have no floor", old=_MODEL,
         new="random_state=SEED, min_covar=0.0)"),
    _bug(name="swapped_labels", module="training", change="bullish and bearish change places", old="Regime(rank)",
         new="Regime(2 - rank)"),
    _bug(name="labelled_by_momentum", module="training",
         change="the states are labelled by the slope of the MACD, not by the spread of the averages", old="mean[EMA_SPREAD]",
         new="mean[0]"),
    _bug(name="rsi_one_off", module="features", change="RSI is read one candle off", old="zones[candle - self.rsi_period]",
         new="zones[max(0, candle - self.rsi_period - 1)]"),
    _bug(name="average_over_all_but_one", module="features", change="the smoothing of the averages is 2 / span",
         old="alpha = 2.0 / (span + 1.0)", new="alpha = min(1.0, 2.0 / span)"),
    _bug(name="unsmoothed_rsi", module="features", change="RSI takes the plain mean where Wilder's smoothing goes on",
         old="(average_gain * (period - 1.0) + gain) / period",
         new="average_gain + 2.0 / (period + 1.0) * (gain - average_gain)"),
    _bug(name="single_precision", module="features", change="the features pass through float32",
         old="np.array(rows, dtype=np.float64)", new="np.array(rows, dtype=np.float32).astype(np.float64)"),
    _bug(name="sample_deviation", module="standardise", change="the standard deviation of a sample, not of a population",
         old="_added_up(squares) / len(column)", new="_added_up(squares) / max(1, len(column) - 1)"),
    _bug(name="window_on_its_own_scale", module="regime_detector",
         change="what is judged is standardised by itself, not as the training was",
         old="standardise(window, self._obs_mean, self._obs_std)", new="standardise(window, *mean_and_deviation(window))"),
    _bug(name="window_of_everything", module="regime_detector", change="all rows are judged, not the last ones",
         old='observations[-self._cfg["HMM_INFERENCE_WINDOW"] :]', new="observations"),
    _bug(
        name="one_state_object",
        module="regime_detector",
        change="one state that is changed in place: who keeps the last one sees it change",
        old='            self.state = self._infer(observations[-self._cfg["HMM_INFERENCE_WINDOW"] :])\n',
        new=(
            '            found = self._infer(observations[-self._cfg["HMM_INFERENCE_WINDOW"] :])\n'
            "            for name, value in found.to_dict().items():\n"
            "                setattr(self.state, name, value)\n"
        ),
    ),
    _bug(name="forgets_the_old_model", module="regime_detector", change="a training that fails leaves no model",
         old="        except TrainingError as error:\n",
         new="        except TrainingError as error:\n            self._trained = False\n"),
    _bug(name="first_posterior", module="inference", change="the regime of the window's first row, not of its last",
         old="model.predict_proba(observations)[-1]", new="model.predict_proba(observations)[0]"),
    _bug(name="sure_of_itself", module="inference", change="the confidence is the highest probability, not its lead",
         old="confidence = highest - second", new="confidence = highest"),
    _bug(name="three_decimals", module="inference", change="the confidence is rounded to three decimals",
         old="round(confidence, 4)", new="round(confidence, 3)"),
    _bug(name="rounded_down", module="inference", change="the confidence is cut to four decimals where it should be rounded",
         old="round(confidence, 4)", new="int(confidence * 1e4) / 1e4"),
    _bug(name="keeps_minus_zero", module="inference", change="a bias of zero keeps its sign", old="round(bias, 4) + 0.0",
         new="round(bias, 4)"),
    _bug(
        name="restored_as_trained",
        module="snapshot",
        change="the flag of a snapshot makes a detector trained that has no model",
        old="    detector.state, detector._last_train_ts = state, last_train_ts\n",
        new=(
            "    detector.state, detector._last_train_ts = state, last_train_ts\n"
            '    detector._trained = given.get("_hmm_trained", False)\n'
        ),
    ),
    _bug(name="symmetric_at_the_threshold", module="blending", change="at the threshold the grid leans nowhere",
         old="confidence < read_number(", new="confidence <= read_number("),
)  # fmt: skip
