"""Whether a candidate may be released: evidence, sign-offs, the decision. Pure."""
