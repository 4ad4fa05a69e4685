"""Texts that make_score_fixtures.py pairs up: our own sentences in several scripts, and texts made to break a scorer."""

SENTENCES = """The committee will meet again on 12 March to discuss the budget.
She had never seen so many birds in one place before.
Prices rose by 3.5% in the first quarter, to $1,250.40 per tonne.
"Don't worry," he said; "it's only a matter of time - or luck."
The model's weights are stored as 4-bit integers (q4_1) with a scale for each block of 32.
A small student can learn from a large teacher without seeing its data.
Rain fell all night, and by morning the river had left its bed.
Please send the report to office@example.org before 17:30.
Its licence allows copying, changing and selling the program.
The library reads images, sounds and texts in more than 40 formats.
This package contains the shared files, the documentation and the examples.
Nobody knows how the old clock in the tower keeps such good time.
We measured the latency of 1,000 requests on two machines.
The answer depends on what you mean by "fast", doesn't it?
He studies the relational properties of organizations and their generalizations.
Hopefully, the conflicting operators were relating adjustable, formalized sensibilities.
Flying skies are dying; lying news is tying us to innings and outings.
If the temperature is below -5 degrees, the engine won't start.
Version 2.0.1-rc3 fixes a bug in the parser/lexer interface.
The quick brown fox jumps over the lazy dog.
I would like a window seat, if there is one left.
The museum is closed on Mondays, except on public holidays.
Translation is the art of failing well.
They walked along the coast until the light was gone.
Der Ausschuss trifft sich am 12. März wieder, um über den Haushalt zu beraten.
Die Preise stiegen im ersten Quartal um 3,5 % auf 1.250,40 € je Tonne.
Straßen und Plätze waren größtenteils leer; nur die Bäckerei hatte geöffnet.
Das Programm liest Bilder, Töne und Texte in mehr als 40 Formaten.
Niemand weiß, warum die alte Uhr im Turm so genau geht.
Le comité se réunira de nouveau le 12 mars pour discuter du budget.
L'été dernier, nous avons mesuré la latence de 1 000 requêtes.
« C'est l'œuvre d'un élève », dit-elle, « mais quel élève ! »
Cette bibliothèque lit des images, des sons et des textes.
¿Dónde está la estación? ¡Está al otro lado del río!
El pequeño modelo aprende del grande sin ver sus datos.
Комитет снова соберётся 12 марта, чтобы обсудить бюджет.
Маленькая модель учится у большой, не видя её данных.
Никто не знает, почему старые часы на башне идут так точно.
Η επιτροπή θα συνεδριάσει ξανά στις 12 Μαρτίου.
ΟΔΥΣΣΕΥΣ ΚΑΙ ΠΗΝΕΛΟΠΗΣ, ΛΟΓΟΣ.
委员会将于3月12日再次开会讨论预算。
小模型向大模型学习，而不需要看到它的数据。
我们在两台机器上测量了1,000个请求的延迟。
これは小さな図書館です。本が40冊あります。
東京の天気は晴れ、気温は25.5度でした。
위원회는 예산을 논의하기 위해 3월 12일에 다시 모인다.
작은 모델은 큰 모델에게서 배운다.
ستجتمع اللجنة مرة أخرى في 12 مارس لمناقشة الميزانية.
النموذج الصغير يتعلّم من النموذج الكبير.
הוועדה תתכנס שוב ב-12 במרץ כדי לדון בתקציב.
समिति बजट पर चर्चा के लिए 12 मार्च को फिर मिलेगी।
คณะกรรมการจะประชุมอีกครั้งในวันที่ 12 มีนาคม
İstanbul'da IŞIK ve ıslak kaldırımlar vardı.
Ủy ban sẽ họp lại vào ngày 12 tháng 3 để bàn về ngân sách.""".split("\n")

ADVERSARIAL = [
    "", " ", "\t", "\u00a0", "\u3000", "\n", "\n\n", "\x00", ".", ",", "...", "?!", "-", "--", "'s", "'", '"', "()", "[]{}",
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "a", "A", "1", "1,000", "1,000.5", ",1", "1,", ".5", "5.", "1.", "a.b", "a,b", "1-2",
    "1 - 2", "-1", "3-4-5", "2,5,7", "1.2.3.4", "$1,250.40", "50%", "50 %", "v2.0-rc1", "x-\ny", "x\n-y", "a\nb\nc",
    "a\r\nb", "first line\n\nthird line", "&quot;quoted&quot;", "&amp;lt;b&amp;gt;", "&lt;b&gt; &amp; &#39;", "&", "&&amp;",
    "<skipped>", "a<skipped>b", "<b>bold</b>", "tab\tseparated\twords", "non\u00a0breaking\u00a0space", "thin\u2009space",
    "zero\u200bwidth", "soft\u00adhyphen", "line\u2028separator", "next\u0085line", "unit\x1fseparator\x1cfile",
    "e\u0301te\u0301 cafe\u0301", "été café", "n\u0303 \u0303 a\u0300\u0301\u0302", "\u0301", "ﬁne ﬂow", "Ⅷ ² ½ ①", "１２３，４５６．７８",
    "٣٫١٤ ١٬٠٠٠", "३.१४", "K is Kelvin", "İİ ıI", "ΣΑΣ ΑΣ. Σ", "ǅ ẞ ß", "😀", "😀😀😀", "👨‍👩‍👧‍👦 family", "🇫🇷🇩🇪", "a😀b", "👍🏽 ok",
    "→ ⇒ ≤ ∞ ≠", "€ £ ¥ ¢ ₿", "© ® ™", "“curly” ‘quotes’ – — …", "«guillemets» ‹single›", "„tief“", "。", "，", "、。！？", "「括弧」『二重』",
    "中", "中文", "中 文", "中A文1", "㐀㐁", "𠀀𠀁", "豈更", "ｆｕｌｌｗｉｄｔｈ", "ｶﾀｶﾅ", "カタカナ・テスト", "ㄅㄆㄇ", "㈱㍿", "⺀⺁", "㇀", "가나다",
    "ab ab ab ab ab ab ab ab", "a a a a a a a a a a a a", "the the the the the the the", "the cat the cat on the mat",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z", "z y x w v u t s r q p o n m l k j i h g f e d c b a",
    "b a d c f e h g j i l k", "one two three four five six seven eight nine ten", "six seven eight nine ten one two three four five",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "(hi)", "(hi) there!", "hi!!", "...hi", "word's words' 's", "U.S.A. vs. U.K.",
    "http://example.org/a_b?c=d&e=f#g", "C++ and C#", "foo_bar-baz/qux", "a|b|c", "x^2 + y^2 = z^2", "\\n \\t", "~tilde~",
    "ABC abc", "Hello, World", "hello world", "HELLO WORLD!", " leading", "trailing ", "  two  spaces  ", "end .", "end.",
    "שלום עולם", "مرحبا بالعالم", "\u202bright to left\u202c", "mixed שלום 123 world", "नमस्ते दुनिया", "สวัสดี", "ﷺ", "\ufeffbom", "\ufffd",
    "\U000e0001\U0010ffff", "\uf8ff private", "՞ ׀ ؟ ۔ ।", "𝟏𝟐𝟑 𝐚𝐛𝐜", "🄰 🅐", "₀₁₂ ⁰¹²", "‰ ‱ ¹⁄₂",
]

# What the stemmer's rules are about.
STEMS = """caresses ponies ties caress cats flies dies feed agreed plastered bled motoring sing conflated troubled sized
hopping tanned falling hissing fizzed failing filing happy sky enjoy enjoyment spied died tried spy fly try boy relational
conditional rational valenci hesitanci digitizer conformabli radicalli differentli vileli analogousli vietnamization
predication operator feudalism decisiveness hopefulness callousness formaliti sensitiviti sensibiliti triplicate formative
formalize electriciti electrical hopeful goodness revival allowance inference airliner gyroscopic adjustable defensible
irritant replacement adjustment dependent adoption homologou communism activate angulariti homologous effective bowdlerize
probate rate cease controll roll skies dying lying tying news innings inning outings outing cannings canning howe proceed
exceed succeed geologi theologi archaeologi logi apologi carefulli fulli alli finalli totalli yyyy syzygy toy by ably
abilities oxen being bed red shed eed heed ied tied ying ings ed ing ion nation onion lion mention region opinion passion
mississippi 2nd 1990s covid19 a1b2 abe ake oke owe axe eye ease ooze als als1 ement ment ent ness ful ative ational izes
organizations generalizations oscillators university universal universe operating operational controlling controlled
matting mating meeting meetings singing singed agreeing dyed dyeing useful usefulness ively iveness ousness edly ingly
bliss blissfully sadly beautifully xylylyl queuing queue aeiou rhythm rhythms crwth zzz zzed ssed lled lling ssing""".split()
