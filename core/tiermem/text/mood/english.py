"""English words that tell a feeling or a judgement, by strength. Compared by their stems, so one form stands for all.

What is mostly used without either is left out ("like", "well", "pretty", "right"), and so is what is only polite
("thanks", "welcome", "congratulations"): in talk nearly everybody says it, however they feel.
"""

from __future__ import annotations

from tiermem.text.analyzer import words_of

STRONG_GOOD = words_of(
    "adore amazing astonishing awesome beautiful beloved best blessed blissful breathtaking brilliant celebrate "
    "cherish delicious delight delightful divine dream ecstatic elated elegant excellent excited exciting "
    "exceptional exquisite extraordinary fabulous fantastic fascinating favorite favourite flawless glorious "
    "gorgeous grateful gratitude happiest happiness happy heavenly heartwarming hilarious honored honoured "
    "incredible inspiring joy joyful loved love lovely loving magical magnificent marvelous marvellous masterpiece "
    "memorable miracle outstanding overjoyed passionate perfect perfection phenomenal pleasure priceless proud "
    "rejoice remarkable sensational spectacular splendid stellar stunning sublime superb superior terrific "
    "thrilled thrilling treasure triumph triumphant unforgettable victory winner wonderful wow yay yummy hooray "
    "bravo"
)
GOOD = words_of(
    "accomplish accomplished achieve achievement admire adorable advantage affection affectionate affordable "
    "agreeable amuse amusing appealing appreciate appreciation approve attractive authentic award benefit "
    "beneficial better blessing bright calm caring charming cheer cheerful clean clever comfort comfortable "
    "comforting comfy compassion compelling compliment confidence confident convenient cool courage courageous cozy "
    "creative cute dependable durable eager easy easier effective efficient encourage encouraged encouraging "
    "energetic engaging enjoy enjoyable enjoyed entertaining enthusiastic enthusiasm ease fan fine flattered "
    "fortunate free fresh friendly fulfilled fulfilling fun funny generous gentle gift glad good goodness graceful "
    "great greatly handy healthy helpful honest hopeful hug ideal impress impressed impressive improve improved "
    "improvement inspire inspired inspiration intelligent interesting joke keen kind kindness laugh lively lucky "
    "luxurious meaningful motivated neat nice optimistic original palatable peace peaceful playful pleasant pleased "
    "pleasing polite positive powerful praise precious progress promising prosper refreshing relax relaxed relaxing "
    "relaxation reliable relief relieved reward rewarding rich romantic safe satisfied satisfying satisfaction "
    "satisfactory serene sincere smart smile smooth soothing sparkle speedy stable sturdy succeed success "
    "successful super sweet sympathetic talented tasty tender thoughtful tranquil trust trustworthy upbeat useful "
    "valuable vibrant victorious warm warmth wholesome win wise witty worthwhile worthy haha hahaha lol crisp "
    "flavorful recommend solid thriving"
)
STRONG_BAD = words_of(
    "abhor abominable abuse abusive agony anguish appalling atrocious awful betray betrayed catastrophe "
    "catastrophic crap crappy cruel cruelty dead deadly death deceive depressed depressing depression despair "
    "desperate despise devastated devastating die died disaster disastrous disgrace disgusted disgusting dreadful "
    "excruciating fiasco furious garbage ghastly grief grieving gross hate hated hateful hatred heartbreaking "
    "heartbroken hell hideous hopeless horrendous horrible horrid horrific horrifying horror humiliated humiliating "
    "infuriating loathe miserable misery murder nasty nightmare obnoxious outraged pathetic repulsive revolting "
    "ruin ruined scam shame shameful shit stupid suck suicidal suicide terrible terribly terrified terrifying "
    "torture tragedy tragic traumatic trauma unacceptable unbearable useless vile waste wasted worst worthless "
    "wretched fuck damn bullshit"
)
BAD = words_of(
    "abandoned absurd accident ache afraid aggravating aggressive alarming alone anger angry annoy annoyed annoying "
    "anxiety anxious apathetic argue argument ashamed attack avoid awkward bad badly bitter blame bland bleak "
    "boring bored break broke broken bullied burden burnout careless cheap cheat cheated clumsy cold complain "
    "complaint complicated concerned confused confusing conflict cramped crash crashed crazy creepy crisis critical "
    "criticism cry crying damage damaged danger dangerous dark defective defeated delay delayed deny difficult "
    "difficulty dirty disagree disappoint disappointed disappointing disappointment discourage discouraged dislike "
    "dismal distress distressed disturbing doubt downside drained dread dull dumb embarrassed embarrassing empty "
    "enemy envy exhausted exhausting expensive fail failed failure fake fatigue fault faulty fear fearful fight "
    "flaw flawed fool foolish forget frail freezing fright frightened frightening frustrate frustrated frustrating "
    "frustration gloomy greedy greasy guilt guilty hard harm harmful harsh headache heavy hesitant hostile hungry "
    "hurt hurting ignorant ill illness impossible inadequate inconvenient inferior injured injury insane insecure "
    "insult insulted irresponsible irritated irritating issue jealous jealousy junk lack lame laughable lie lied "
    "lonely loneliness lose losing loss lost lousy mad mediocre melancholy mess messed messy mistake moody mourn "
    "nervous noisy offended offensive overcooked overpriced overrated overwhelmed overwhelming pain painful panic "
    "panicked pessimistic pointless poor poorly predictable pressure problem regret reject rejected resent "
    "resentment ridiculous rough rude sad saddened sadly sadness scared scary screwed selfish shallow shock shocked "
    "shocking sick sickness skeptical slow sluggish sob sorrow sorry stale stress stressed stressful struggle "
    "struggling stuck stumbled suffer suffering suspicious tasteless tense tension threat threatening tired tiring "
    "trouble troubled troubling ugly unable uncertain uncomfortable uneasy unfair unfortunate unfortunately "
    "unfriendly unfunny unhappy unhealthy unpleasant unprofessional unreliable unsafe unsatisfied unsure unwell "
    "upset upsetting vulnerable weak weakness weird wimpy worn worried worry worrying worse wrong flimsy "
    "mushy soggy rip"
)
NOT = words_of(
    "aint arent barely cannot cant couldnt didnt doesnt dont far hadnt hardly hasnt havent isnt lack lacking lacks "
    "least less neither never nobody none nor not nothing scarcely shouldnt wasnt werent without wont wouldnt"
)
VERY = words_of(
    "absolutely completely deeply especially extremely highly incredibly insanely most particularly really "
    "ridiculously so such super too totally truly utterly very"
)
BUT = words_of("although but except however though yet")
