"""Words for how something is, which are no things: who "likes sunny", or "喜欢晴朗", likes something that has a"
" name. Pure."""

from __future__ import annotations

from tiermem.text.analyzer import words_of

QUALITIES = words_of(
    "white black red green blue yellow pink purple orange brown grey gray beige navy teal golden silver dark light"
    " bright"
    " dim pale warm warmer cool cooler cold colder hot hotter mild sunny cloudy rainy windy snowy foggy humid dry"
    " wet quiet"
    " quieter loud louder silent calm busy slow slower fast faster quick quicker big bigger small smaller large"
    " larger tiny"
    " long longer short shorter high higher low lower wide narrow thick thin heavy heavier lighter soft softer hard"
    " firm"
    " smooth rough sharp simple simpler easy easier difficult early earlier late later new newer old older modern"
    " classic"
    " vintage fresh clean cozy cosy comfortable spicy sweet sour salty bitter plain fancy cheap cheaper expensive"
    " neutral"
    " brighter darker dimmer thinner thicker natural formal casual subtle bold strong stronger weak weaker good"
    " better nice"
    " 晴朗 明亮 安静 热闹 温暖 凉快 凉爽 暖和 寒冷 炎热 干净 整洁 简单 简洁 清淡 清新 舒服 舒适 柔软 柔和 漂亮 好看"
    " 新鲜"
    " 便宜 白色 黑色 红色 蓝色 绿色 黄色 粉色 紫色 灰色 开朗 浪漫 可爱 自由 轻松 快乐 热情"
)
"""In small letters."""
