"""The file that the benchmarks read: as large as asked, always the same, and as uneven as real ones.

It has ``@string`` definitions, values joined by ``#``, quotes and braces as delimiters, LaTeX accents, comments and
free text between entries. 50,000 entries are about 28 MB with some 460,000 fields. The entries are sorted by key.
"""

from collections import Counter
from random import Random
from string import ascii_lowercase

_STRINGS = {
    "icassp": "IEEE International Conference on Acoustics, Speech and Signal Processing",
    "ismir": "International Society for Music Information Retrieval Conference",
    "taslp": "IEEE/ACM Transactions on Audio, Speech, and Language Processing",
    "proc": "Proceedings of the ",
}
_SYLLABLES = "ba bel bo cer chen da den do el fa fer ga gar hal han ho il ja kim ko la lar li mar mei mo na no ol pa \
per qui ra ren ri sa sen shi so ta ter tu ul va vel wan xi ya zan zo".split()
_GIVEN = "Ana Bob Chloé Daniel Eva Félix Grace Hiro Ines Jan Keunwoo Lucia Markus Nina Oriol Paula Rachel Simon \
Thomas Uma Viktor Wei Xavier Yann Zoë".split()
_WORDS = "acoustic adversarial analysis attention audio automatic autoregressive beat boundary chord classification \
composition context contrastive convolutional cover data deep detection drum efficient embedding end estimation \
evaluation expressive extraction feature fusion generation generative genre harmonic identification improving \
instrument invariant joint key language large latent learning localization lyrics melody memory metric mid model \
monophonic multimodal music musical network neural noise onset optical order performance phase piano pitch \
playlist polyphonic predominant preference probabilistic quantization recognition recommendation recurrent \
reinforcement representation residual retrieval rhythm robust sample scalable score segmentation self semantic \
sequence similarity singing source sparse spectral speech style supervised symbolic synthesis tagging temporal \
texture timbre time tracking training transcription transfer transformer unsupervised variational vocal voice \
waveform weakly window".split()
_TASKS = ["MGR", "MER", "Transcription", "Beat detection", "Composition", "SVD", "Source separation", "F0"]
_DATASETS = ["GTzan", "MSD", "Magnatagatune", "Jamendo", "MedleyDB", "Inhouse", "[FMA](https://example.org/fma)"]
# How many papers of the list have no co-author, one, two …
_COAUTHORS = (21, 42, 36, 28, 5, 10)
_SUFFIXES = ["", *ascii_lowercase[1:]]
_NOTES = [
    "% A line that BibTeX takes for free text.\n\n",
    "@comment{Kept for the record: {braces} and all.}\n\n",
    "Some words that somebody left between two entries.\n\n",
]


def bibtex(entries: int) -> bytes:
    """A file of so many entries (a million at most), in UTF-8."""
    random = Random(entries)
    papers = sorted((_family(random), random.randrange(1990, 2027)) for _ in range(entries))
    seen: Counter[tuple[str, int]] = Counter()
    parts = [f"@string{{{name} = {{{value}}}}}\n" for name, value in _STRINGS.items()]
    parts.append("\n")
    for number, paper in enumerate(papers):
        if number % 40 == 39:
            parts.append(random.choice(_NOTES))
        parts.append(_entry(random, number, *paper, suffix=_SUFFIXES[seen[paper]]))
        seen[paper] += 1
    return "".join(parts).encode()


def _family(random: Random) -> str:
    return "".join(random.choices(_SYLLABLES, k=random.choice((2, 3, 3)))).capitalize()


def _title(random: Random, words: int) -> str:
    return " ".join(random.choices(_WORDS, k=words)).capitalize()


def _entry(random: Random, number: int, family: str, year: int, suffix: str) -> str:
    key = f"{family}{year}{suffix}"
    others = [_family(random) for _ in range(random.choices(range(6), _COAUTHORS)[0])]
    authors = " and ".join(f"{name}, {random.choice(_GIVEN)}" for name in [family, *others])
    if random.random() < 0.1:
        authors += r" and M{\"u}ller, Andr{\'e}"
    kind = random.choice(("article", "inproceedings", "inproceedings", "unpublished"))
    title = _title(random, random.randrange(5, 12))
    fields = [("author", f"{{{authors}}}"), ("title", f'"{{Deep}} {title}"' if len(title) % 5 == 0 else f"{{{title}}}")]
    fields.append(("year", str(year) if len(title) % 2 else f"{{{year}}}"))
    if kind == "article":
        fields += [("journal", "taslp"), ("volume", f"{{{random.randrange(1, 60)}}}"), ("number", "{3}")]
    elif kind == "inproceedings":
        fields.append(("booktitle", random.choice(("ismir", "proc # icassp", f"proc # {{ISMIR}} # {{ {year}}}"))))
    else:
        fields += [("eprint", f"{{{year % 100:02}{number // 100_000 % 12 + 1:02}.{number % 100_000:05}}}")]
        fields += [("archiveprefix", "{arXiv}")]
    first = random.randrange(1, 900)
    fields += [
        ("pages", f"{{{first}--{first + 8}}}"),
        ("link", f"{{https://example.org/papers/{key}.pdf}}"),
        ("task", f"{{{' & '.join(random.sample(_TASKS, random.choice((1, 1, 2))))}}}"),
    ]
    if random.random() < 0.6:
        fields.append(("dataset", f"{{{random.choice(_DATASETS)}}}"))
    if random.random() < 0.3:
        fields.append(("code", f"{{https://github.com/example/{key}}}"))
    if random.random() < 0.25:
        fields.append(("doi", f"{{10.5555/{key.lower()}}}"))
    if random.random() < 0.14:
        fields.append(("abstract", "{" + ". ".join(_title(random, 16) for _ in range(9)) + ".}"))
    lines = ",\n".join(f"  {name} = {value}" for name, value in fields)
    return f"@{kind}{{{key},\n{lines}\n}}\n\n"
