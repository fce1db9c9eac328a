"""The gate: a policy, applied to evidence. It reads and runs nothing; evidence that is missing or in doubt is never a go."""
