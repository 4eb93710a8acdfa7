"""The use cases, one page of code each: propose, validate, render, import."""
