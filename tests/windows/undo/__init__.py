"""A PC as somebody left it is changed, one statement fails, and what is then told is judged."""
