"""How heavy words and turns weigh: rules, pure."""
