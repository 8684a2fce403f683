"""What two users say in three threads each, and a model that answers by what its prompt says of them, and prints it."""

import re

TALKS = {
    "anna": [
        ["Hi, I'm Anna. I live in Oslo.", "I'm allergic to peanuts, so never suggest nuts."],
        ["I moved to Bergen last week.", "Call me Annie from now on, please."],
        ["Where do I live?", "Suggest a snack, please."],
    ],
    "小林": [
        ["你好，我叫小林。我住在北京。", "我对花生过敏，别推荐坚果。"],
        ["我不住在北京了，搬到了广州。", "以后请用简体中文回答我。"],
        ["我住在哪里？", "推荐一种零食吧。"],
    ],
}


def answered(prompt: str) -> str:
    """What a model that sees *prompt*, whose last line asks, answers; the lines of the profile in it are printed."""
    known = re.search(r"what is known of the user[^\n]*\n(.*?)\n</quoted>", prompt, re.DOTALL)
    for line in known[1].splitlines() if known else ():
        print("    it knows:", line)
    asked = prompt.splitlines()[-1]
    home, english = re.findall(r"^(?:home|住处): (\w+)", prompt, re.MULTILINE), asked.isascii()
    if asked in ("Where do I live?", "我住在哪里？") and home:
        return f"In {home[0]}." if english else f"在{home[0]}。"
    if asked in ("Suggest a snack, please.", "推荐一种零食吧。"):
        kept = "never suggest nuts" in prompt or "别推荐坚果" in prompt
        return ("Apple slices." if kept else "Peanuts!") if english else ("苹果片。" if kept else "花生！")
    return "Noted." if english else "好的。"
