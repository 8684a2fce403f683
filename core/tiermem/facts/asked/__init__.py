"""What of somebody a question asks for ("Where do I live?", 我不能吃什么), and which stated facts tell it."""
