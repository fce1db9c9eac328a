"""Tests of telemetry: the recorder, the adapter that it measures, captures and comparisons."""
