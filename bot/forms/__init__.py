"""Issue forms: their templates, the bodies that GitHub makes of them, and what a filed one asks for."""
