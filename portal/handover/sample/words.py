"""What invented names are made of. Nothing here names a real company or person."""

FIRST = (
    "amber", "birch", "cedar", "clover", "copper", "coral", "dawn", "elder", "ember", "fern",
    "flint", "frost", "garnet", "granite", "hazel", "heather", "indigo", "ivory", "jasper", "lilac",
    "lantern", "larch", "linen", "maple", "marble", "meadow", "mellow", "moss", "north", "oaken",
    "olive", "opal", "pebble", "pepper", "pine", "plum", "quartz", "quiet", "raven", "reed",
    "river", "rowan", "russet", "saffron", "sage", "silver", "slate", "sorrel", "thistle", "willow",
)  # fmt: skip
SECOND = (
    "acre", "anchor", "arbor", "barn", "bay", "beacon", "bridge", "brook", "canopy", "corner",
    "cove", "crest", "croft", "dale", "field", "ford", "forge", "garden", "gate", "glade",
    "grove", "harbour", "haven", "hill", "hollow", "house", "island", "kettle", "knoll", "lane",
    "ledge", "loft", "meridian", "mill", "orchard", "path", "pier", "pond", "quarry", "quill",
    "ridge", "row", "sail", "shore", "spring", "steps", "table", "vale", "wharf", "yard",
)  # fmt: skip
STUDIOS = ("Studio", "Studios", "Design", "Digital", "Works", "Collective", "Web", "Creative")
TRADES = (
    "Bakery", "Books", "Ceramics", "Clinic", "Coaching", "Coffee", "Cycles", "Dance School",
    "Dental Practice", "Florist", "Furniture", "Gallery", "Garage", "Guesthouse", "Joinery",
    "Kitchen", "Law Office", "Music School", "Nursery", "Optician", "Photography", "Physio",
    "Restaurant", "Tailors", "Tea Room", "Tours", "Veterinary Practice", "Vineyard", "Yoga",
)  # fmt: skip
CAUSES = ("Food Bank", "Animal Shelter", "Youth Club", "Choir", "Woodland Trust", "Library Friends")
GIVEN = (
    "Ada", "Ben", "Clara", "Daniel", "Ella", "Felix", "Grace", "Hugo", "Iris", "Jonas",
    "Kira", "Leo", "Maya", "Noah", "Olga", "Paul", "Quinn", "Rosa", "Sam", "Tara",
    "Uma", "Victor", "Wren", "Xenia", "Yusuf", "Zoe",
)  # fmt: skip
FAMILY = (
    "Abel", "Brandt", "Castle", "Dunn", "Ekberg", "Fisher", "Grant", "Holm", "Ito", "Jensen",
    "Kaya", "Lund", "Moreau", "Novak", "Osei", "Park", "Quist", "Rossi", "Sato", "Tanaka",
    "Ueda", "Vega", "Wolff", "Young", "Zimmer",
)  # fmt: skip
# Where an account is, what it pays in, and how often it is met.
PLACES = (
    ("US", "USD", 30),
    ("GB", "GBP", 22),
    ("DE", "EUR", 14),
    ("FR", "EUR", 9),
    ("NL", "EUR", 6),
    ("IE", "EUR", 4),
    ("ES", "EUR", 5),
    ("JP", "JPY", 10),
)
