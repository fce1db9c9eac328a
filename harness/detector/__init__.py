"""The second subject: every port of the detector through the same cases, judged level by level."""
