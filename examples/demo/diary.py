"""Nine months of talk with an assistant, invented: a garden, a move, and a number said once, in January."""

from __future__ import annotations

DIARY: tuple[tuple[str, str, str], ...] = (
    (
        "2026-01-08",
        "I live in Oslo, and I've just rented an allotment by the fjord. From now on please answer in two sentences.",
        (
            "Lovely. A plot by the fjord will need shelter from the wind before anything else. Measure how the "
            "wind comes first: tie a ribbon to a pole and look at it for a week. A hedge lets half of it through "
            "and calms the plot for ten times its height, while a wall throws it over the top and down on your "
            "beds. Hazel, elder and rowan stand salt air; cherry laurel does not. Leave a gap for the gate on the "
            "side that faces the houses."
        ),
    ),
    (
        "2026-01-11",
        "The water meter of the allotment hangs under the third plank of the shed; its seal has the number K-40718.",
        (
            "Noted: meter under the third plank, seal K-40718. You may need it if the club asks for a reading. "
            "For the reading itself, lift the plank from the left, since the pipe runs along the right. Write "
            "down the black digits alone, the red ones are litres. The club wants it twice a year, at the end of "
            "March and of October, with the number of the seal beside it. Take a photograph while you are there, "
            "and put the plank back before it rains."
        ),
    ),
    (
        "2026-01-19",
        "The soil is heavy clay. My neighbour Ingrid says that lime helped hers, half a sack for each bed.",
        (
            "Clay takes lime well, and half a sack a bed is sensible. Spread it before the frost ends. Do a small "
            "test before you buy a sack: shake a spoon of soil in a jar of water, and let it stand overnight. "
            "Sand sinks at once, silt in an hour, clay stays in the water until morning. Lime binds the fine "
            "grains into crumbs, so water runs off and roots get air. Never spread it together with manure; let "
            "four weeks lie between them."
        ),
    ),
    (
        "2026-02-02",
        "I ordered seeds: two kinds of beans, beetroot, and poppies for the edge of the path.",
        (
            "Good choice. Start the beans indoors in April, and sow the poppies straight onto the soil. Sort the "
            "packets by when they go out. Beans want twelve degrees in the soil, beetroot is content with eight, "
            "and poppies need light to sprout, so press them down and cover nothing. Write the year on each "
            "packet: beans keep for three, beetroot for four. Half of what is left over can go to the club's seed "
            "swap in spring, in folded paper with the name on it."
        ),
    ),
    (
        "2026-02-20",
        "The shed door stuck. I planed off three millimetres; it closes, but the bolt does not meet the plate.",
        (
            "Move the plate by as much as you took off. Two new screw holes are better than widening the old "
            "ones. Wood swells again in a wet month, so leave two millimetres all around and oil the edge that "
            "you planed. When the plate sits, close the door ten times before you drive the last screw; hinges "
            "settle. A drop of oil on the bolt in spring and one in autumn keep it quiet. If the frame itself "
            "leans, a wedge under the lower hinge does more than any plane."
        ),
    ),
    (
        "2026-03-07",
        "I'm allergic to wasps, so never suggest traps with sugar water near the bench.",
        (
            "Understood: nothing sweet near the bench. Nets over the fruit keep them away better anyway. Wasps "
            "look for sugar from August on, and for meat before that. Pick up fallen fruit each evening, keep the "
            "compost covered, and plant mint, basil and tomatoes around the bench, whose smell they avoid. A "
            "paper bag, crumpled and hung up, looks like a nest of others to some of them. Keep your medicine in "
            "the shed, not in the car, where it gets too hot."
        ),
    ),
    (
        "2026-03-21",
        "First day with fifteen degrees. Ingrid and I dug two beds and found an old horseshoe.",
        (
            "A good start, and a good sign. Let the clods lie: the next frost breaks them for you. Lay a string "
            "along each bed and make the path as wide as your barrow. Turn the spade only as deep as the dark "
            "layer goes; below it is dead ground that nothing grows in for years. Worms come by themselves when "
            "you spread leaves. The horseshoe may tell where the old stable stood, and there the soil is better "
            "than anywhere else on the plot."
        ),
    ),
    (
        "2026-04-12",
        "The beans are up indoors, nineteen of twenty-four. The beetroot I sowed outside under fleece.",
        (
            "Nineteen is plenty for two rows. Lift the fleece at noon when the sun is out. Harden them off from "
            "the end of April: one hour outside on the first day, two on the second, and so on for a week. Water "
            "in the morning, never in the evening, since cold wet feet kill more beans than frost does. For the "
            "poles take hazel of two metres, five to a ring, bound at the top. Beetroot may stay under fleece "
            "until the leaves touch it."
        ),
    ),
    (
        "2026-05-05",
        "Slugs took a third of the beetroot. I put boards out and collect them in the morning.",
        (
            "Boards work, and early is right. A ring of coarse sand around the young plants helps too. Go out "
            "after dark with a lamp on the first warm evening after rain; you will find more in twenty minutes "
            "than in a week of mornings. Ducks are better than any powder, if somebody lends you two. Plant "
            "marigolds as a sacrifice at the far end. What has been eaten to the stalk can be sown again until "
            "the middle of June and still makes roots by October."
        ),
    ),
    (
        "2026-05-28",
        "Work asks whether I'd lead the office in Bergen from July. I said that I'd think about it over the weekend.",
        (
            "A big step. Ask them who keeps your projects here, and whether the club lets you hand on the plot. "
            "Before you answer them, write two lists: what you would do there in the first hundred days, and what "
            "would stay undone here. Talk to whoever held the post before. Ask for the budget in writing, for the "
            "number of people, and for who decides on hiring. And give yourself a day by the water with neither "
            "list in your pocket; you know more than you think."
        ),
    ),
    (
        "2026-06-14",
        "I took the job. Ingrid keeps the beds and sends me half of the beans.",
        (
            "Congratulations. Half the beans for all the digging is a fair trade. Agree on three things with "
            "Ingrid, and write them on one page: who waters in a dry week, what happens to the fruit of the old "
            "apple tree, and until when either of you may end it. The club will want her name on the list of "
            "keys. Leave her the good spade and the hoses. A plot that is shared is seldom neglected, for each is "
            "ashamed before the other."
        ),
    ),
    (
        "2026-07-01",
        "We moved to Bergen yesterday. The flat is on the third floor, with a balcony to the west.",
        (
            "Welcome to Bergen. A balcony to the west is right for tomatoes and herbs, if you tie them against "
            "the rain. Ask the house first what a balcony may carry; two hundred kilograms a square metre is "
            "usual, and wet soil weighs more than people think. Put the pots along the wall. Tomatoes want ten "
            "litres of soil each, herbs are content with two. A gutter of half a pipe under the railing keeps the "
            "neighbours below dry, and you out of trouble with them."
        ),
    ),
    (
        "2026-07-19",
        "Rain for nine days. The tomatoes on the balcony lean, so I tied them to the railing with old bicycle tubes.",
        (
            "Tubes are ideal: they give. Cut the lowest leaves so that the stems dry. With so much rain they live "
            "on what is in the pot, so feed them every second week, half of what the bottle says. Pinch out the "
            "side shoots while they are as long as a finger. If brown spots climb from below, take those leaves "
            "off with dry hands and burn them. A sheet of glass, leant against the wall above them, does more "
            "than any spray."
        ),
    ),
    (
        "2026-08-16",
        "The office has eleven people now. On Fridays we cook together, this week it was fish soup.",
        (
            "That will do more for the office than any workshop. Write the soup down. Take a pot that is wider "
            "than deep, so that the fish lies side by side. Fry leek and fennel in butter until they are soft, "
            "add a litre of stock for each four people, and let it simmer before the fish goes in; five minutes "
            "are enough. Cream at the very end, and dill over it on the table. Somebody always brings too much "
            "bread, and it is always eaten."
        ),
    ),
    (
        "2026-09-06",
        "Ingrid sent a box: beans, beetroot, and the horseshoe for the balcony door.",
        (
            "What a neighbour. Hang it with the ends up, or so they say. Beans keep in the freezer for a year "
            "when they have been in boiling water for two minutes; beetroot keeps in a box with damp sand until "
            "March. For the horseshoe use two screws rather than nails, since the door shakes in the wind. And "
            "send her something back from the coast, a dried cod or a knitted cap; gifts that travel both ways "
            "last longer."
        ),
    ),
    (
        "2026-09-20",
        "I'd like to grow something on the balcony over the winter. Kale perhaps, or winter lettuce.",
        (
            "Kale stands the wind better. Sow it this week, and fleece it from November on. Sow in trays now and "
            "set them out in four weeks, a hand apart. Winter lettuce is picked leaf by leaf from the outside, "
            "and grows on in every mild week. Kale gets sweet with the first frost. Put a board under each pot "
            "against the cold of the floor, and turn them round once a fortnight, for in winter the light comes "
            "from one side alone."
        ),
    ),
)
NUMBER = "K-40718"
ASKS_THE_NUMBER = "What is the number of the seal of the allotment's water meter?"
ASKS_THE_PLACE = "Where could I buy fleece near my home?"
