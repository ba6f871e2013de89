"""The demo's three shops and what they sell. All of it is made up; the domains can never exist (RFC 2606)."""

import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """One product; ``price`` is a decimal in major units of the shop's currency, the same for every variant."""

    title: str
    sku: str
    price: str
    variants: tuple[str | None, ...] = (None,)
    popularity: int = 3

    @property
    def id(self) -> str:
        """A number of 14 digits, as shop systems give them; the same in every run."""
        return str(70_000_000_000_000 + zlib.crc32(self.sku.encode()))

    def variant_id(self, position: int) -> str:
        """The number of the variant at ``position``."""
        return str(40_000_000_000_000 + zlib.crc32(f"{self.sku}/{position}".encode()))

    def variant_sku(self, position: int) -> str:
        """The stock keeping unit of the variant at ``position``: numbered from 1 where there are several."""
        return self.sku if len(self.variants) == 1 else f"{self.sku}-{position + 1:02d}"


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop. ``sale`` names the SKU that the flash sale is about; ``pace`` is the seconds between two arrivals.

    ``countries`` counts how many of its shoppers come from each country, home first; ``history`` is how many
    sessions there are when the demo begins.
    """

    domain: str
    name: str
    currency: str
    sale: str
    pace: float
    history: int
    countries: dict[str, int]
    products: tuple[Product, ...]

    @property
    def home(self) -> str:
        """The country that most shoppers come from."""
        return next(iter(self.countries))

    def product(self, sku: str) -> Product:
        """The product with this SKU; KeyError where there is none."""
        for product in self.products:
            if product.sku == sku:
                return product
        raise KeyError(sku)


_CLOTHING = ("XS", "S", "M", "L", "XL")
_BOOTS = ("38", "39", "40", "41", "42", "43", "44", "45")

OUTDOOR = Shop(
    domain="northfell.example",
    name="Northfell Outdoor",
    currency="USD",
    sale="NF-JKT-STORM",
    pace=3.0,
    history=115,
    countries={
        "US": 26,
        "CA": 8,
        "GB": 8,
        "DE": 7,
        "CZ": 6,
        "FR": 4,
        "NL": 4,
        "SE": 3,
        "NO": 3,
        "AU": 3,
        "NZ": 2,
        "IT": 2,
        "ES": 2,
        "PL": 2,
        "AT": 2,
        "CH": 2,
        "JP": 2,
        "KR": 2,
        "BR": 2,
        "MX": 2,
        "IE": 1,
        "DK": 1,
        "FI": 1,
        "IN": 1,
        "SG": 1,
        "ZA": 1,
    },
    products=(
        Product("Stormline shell jacket", "NF-JKT-STORM", "189.00", _CLOTHING, popularity=14),
        Product("Merino base layer", "NF-BASE-MER", "79.95", _CLOTHING, popularity=7),
        Product("Trail socks, pack of three", "NF-SOCK-3", "49.95", ("S/M", "L/XL"), popularity=9),
        Product("Ridge hiking boot", "NF-BOOT-RDG", "214.50", _BOOTS, popularity=7),
        Product("Daypack 24 L", "NF-PACK-24", "119.00", ("Slate", "Moss", "Rust"), popularity=6),
        Product("Trekking pack 65 L", "NF-PACK-65", "289.00", ("M", "L"), popularity=3),
        Product("Two-person trail tent", "NF-TENT-2", "449.00", popularity=4),
        Product("Expedition dome tent, four persons", "NF-TENT-4X", "2349.80", popularity=1),
        Product("Down sleeping bag −25 °C", "NF-BAG-25", "774.95", ("Regular", "Long"), popularity=1),
        Product("Summer sleeping bag", "NF-BAG-S", "139.00", ("Regular", "Long"), popularity=3),
        Product("Folding gas stove", "NF-STOVE", "64.90", popularity=5),
        Product("Titanium pot set", "NF-POT-TI", "98.00", popularity=4),
        Product("Headlamp 400 lm", "NF-LAMP-400", "54.50", ("Black", "Orange"), popularity=6),
        Product("Carbon trekking poles, pair", "NF-POLE-C", "159.00", ("110 cm", "120 cm", "130 cm"), popularity=4),
        Product("Insulated bottle 1 L", "NF-BOTTLE", "34.00", ("Steel", "Sand", "Pine"), popularity=8),
        Product("Repair kit", "NF-REPAIR", "14.75", popularity=4),
    ),
)

COFFEE = Shop(
    domain="prazirna-u-mostu.example",
    name="Pražírna U Mostu",
    currency="CZK",
    sale="PM-GEISHA",
    pace=9.0,
    history=40,
    countries={"CZ": 22, "SK": 7, "DE": 4, "AT": 3, "PL": 3, "HU": 1},
    products=(
        Product("Panama Geisha, mikrolot", "PM-GEISHA", "689.00", ("100 g", "250 g"), popularity=12),
        Product("Etiopie Yirgacheffe, zrnková káva", "PM-YIRGA", "329.00", ("Filtr", "Espresso"), popularity=8),
        Product("Kolumbie Huila, zrnková káva", "PM-HUILA", "299.00", ("Filtr", "Espresso"), popularity=7),
        Product("Bezkofeinová směs", "PM-DECAF", "279.00", popularity=3),
        Product("Ruční mlýnek s ocelovými kameny", "PM-MLYNEK", "2490.00", ("Černý", "Stříbrný"), popularity=3),
        Product("Keramický dripper", "PM-DRIPPER", "545.00", ("Bílý", "Modrý"), popularity=4),
        Product("Papírové filtry, 100 ks", "PM-FILTR", "129.00", popularity=6),
        Product("Konvice s husím krkem 0,9 l", "PM-KONVICE", "1890.00", popularity=2),
        Product("Váha s časovačem", "PM-VAHA", "1349.50", popularity=2),
        Product("Pákový kávovar, jeden okruh", "PM-KAVOVAR", "38900.00", popularity=1),
        Product("Hrnek od místního keramika", "PM-HRNEK", "420.00", ("150 ml", "250 ml"), popularity=4),
    ),
)

CERAMICS = Shop(
    domain="minamo-utsuwa.example",
    name="器と茶 みなも",
    currency="JPY",
    sale="MM-CHAWAN",
    pace=11.0,
    history=40,
    countries={"JP": 28, "TW": 4, "KR": 2, "US": 3, "FR": 1, "SG": 1, "AU": 1},
    products=(
        Product("抹茶碗「朝霧」 窯出し限定", "MM-CHAWAN", "23600", ("白", "藍"), popularity=12),
        Product("手びねり湯のみ", "MM-YUNOMI", "3850", ("白", "藍", "黒"), popularity=8),
        Product("急須 常滑風 300ml", "MM-KYUSU", "12800", popularity=4),
        Product("玉露 新茶 50g", "MM-GYOKURO", "2480", popularity=7),
        Product("煎茶 深蒸し 100g", "MM-SENCHA", "1620", popularity=8),
        Product("ほうじ茶ティーバッグ 20個入り", "MM-HOJICHA", "980", popularity=6),
        Product("漆塗り茶托 五枚組", "MM-CHATAKU", "9900", popularity=2),
        Product("取り皿 六寸", "MM-SARA6", "4400", ("白", "藍"), popularity=5),
        Product("大皿 尺二寸", "MM-SARA12", "31900", popularity=1),
        Product("竹製茶筅", "MM-CHASEN", "5720", popularity=3),
        Product("麻の茶巾", "MM-CHAKIN", "660", popularity=4),
    ),
)

SHOPS = (OUTDOOR, COFFEE, CERAMICS)
