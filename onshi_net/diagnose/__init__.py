"""From check results to causes: which part is broken, who mends it, what to do next. Pure."""

from onshi_net.diagnose.causes import Cause, Diagnosis, diagnose

__all__ = ["Cause", "Diagnosis", "diagnose"]
