"""The one error that a person running the stack may see. Its text says what happened and what to do about it."""


class StackError(Exception):
    """The stack cannot do what was asked. The text is for a person and ends with a remedy where there is one."""
