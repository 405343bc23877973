"""The pages in a real browser: what runs, what fits, what can be read, and working without a mouse."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.serving import Plain, Served, serving, wait_for, write_content
from tests.web.kit import answered
from tests.web.test_pages import XSS, hostile_ticket, write_article

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(CHROMEDRIVER is None, reason="no chromedriver on this machine"),
]
INJECT = """
  const script = document.createElement("script");
  script.textContent = "window.ran = 1";
  const picture = document.createElement("img");
  picture.setAttribute("onerror", "window.ran = 1");
  picture.src = "x:";
  document.body.append(script, picture);
"""
# Every visible text of a page: its words, its colour, and the backgrounds from it up to the root.
TEXTS = """
  const told = [];
  for (const each of document.querySelectorAll("body *")) {
    const own = [...each.childNodes].filter(node => node.nodeType === 3).map(node => node.data);
    const words = own.join("").trim() || each.value || "";
    if (!words || !each.checkVisibility() || each.matches("option, [type=hidden], .skip")) continue;
    const layers = [];
    for (let at = each; at; at = at.parentElement) layers.push(getComputedStyle(at).backgroundColor);
    told.push([each.tagName + ": " + words.slice(0, 40), getComputedStyle(each).color, layers]);
  }
  return told;
"""
CONTRAST_MIN = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA, for text of ordinary size
PHONE = (360, 740)
DESKTOP = (1200, 900)


def options(profile: Path) -> Options:
    """A browser without a screen, a history or errands of its own."""
    found = Options()
    found.binary_location = str(CHROMIUM)
    flags = "headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking"
    for flag in (*flags.split(), "disable-component-update", "disable-sync", "disable-dev-shm-usage"):
        found.add_argument(f"--{flag}")
    found.add_argument(f"--user-data-dir={profile}")
    found.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service with hostile articles and tickets."""
    folder = tmp_path_factory.mktemp("browser")
    write_content(folder)
    for number, text in enumerate(XSS):
        write_article(folder / "articles", number, text)
    with serving(folder) as found:
        yield found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, served: Served) -> Iterator[webdriver.Chrome]:
    """A browser that has logged in."""
    profile = tmp_path_factory.mktemp("profile")
    found = webdriver.Chrome(options=options(profile), service=Driver(str(CHROMEDRIVER)))
    try:
        found.set_window_size(*DESKTOP)
        found.get(f"{served.url}/review?show=all")
        found.find_element(By.ID, "token").send_keys(served.token)
        found.find_element(By.ID, "name").send_keys("Ann Tester", Keys.ENTER)
        assert wait_for(lambda: found.current_url == f"{served.url}/review?show=all"), found.current_url
        yield found
    finally:
        found.quit()


@pytest.fixture(scope="module")
def hostile(served: Served) -> list[Plain]:
    """A ticket for each hostile text."""
    for number, text in enumerate(XSS):
        assert served.post(hostile_ticket(number, text), f"hostile-{number}").status_code == 202
    return [served.ticket(f"x{number}{text}") for number, text in enumerate(XSS)]


def run(browser: webdriver.Chrome, script: str, *values: object) -> Any:
    return browser.execute_script(script, *values)


def complaints(browser: webdriver.Chrome) -> list[str]:
    """What the browser wrote into its console since it was last asked: errors and refusals of the policy."""
    entries = cast(list[dict[str, str]], browser.get_log("browser"))  # type: ignore[no-untyped-call]  # selenium has none
    return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]


def pages(served: Served, hostile: list[Plain]) -> list[str]:
    tickets = [f"/review/{told['suggestion_id']}" for told in hostile]
    articles = [f"/kb/hostile-{number}" for number in range(len(hostile))]
    lists = [
        "/review?show=all",
        "/review",
        "/reports",
        "/deliveries",
        "/kb",
        "/kb?q=quota",
        "/docs",
        "/login",
    ]
    return [served.url + path for path in (*lists, *tickets, *articles)]


def test_nothing_of_a_stranger_runs(browser: webdriver.Chrome, served: Served, hostile: list[Plain]) -> None:
    complaints(browser)
    for url in pages(served, hostile):
        browser.get(url)
        run(browser, "document.querySelectorAll('details').forEach(each => each.open = true)")
        assert browser.title.endswith("– Hercules"), url
        assert browser.current_url == url
        assert run(browser, "return document.scripts.length") == 0, url
        assert (
            run(browser, "return document.querySelectorAll('iframe, img, svg, style, base, object').length")
            == 0
        )
        assert complaints(browser) == [], f"{url}: the policy had to stop something"


def test_the_policy_would_stop_it(browser: webdriver.Chrome, served: Served) -> None:
    """A second wall: were a template to let a script through, it would still not run."""
    browser.get(f"{served.url}/review")
    run(browser, INJECT)
    time.sleep(0.2)
    assert run(browser, "return window.ran") is None
    assert any("Content Security Policy" in each for each in complaints(browser))


def test_the_matched_words_are_marked_in_sight(browser: webdriver.Chrome, served: Served) -> None:
    told = answered(served, "marked")
    for size in (DESKTOP, PHONE):
        resize(browser, size)
        browser.get(f"{served.url}/review/{told['suggestion_id']}")
        mark = browser.find_element(By.CSS_SELECTOR, ".log .hit mark")
        assert mark.text.startswith("disk quota of wmarked exceeded")
        box = mark.rect
        assert 0 <= box["x"] < size[0], "the match is not scrolled out of sight"
        assert browser.find_elements(By.CSS_SELECTOR, ".log .n")[0].text == "1"


def test_approving_by_keyboard_alone(browser: webdriver.Chrome, served: Served, tmp_path: Path) -> None:
    told = answered(served, "keys")
    resize(browser, DESKTOP)
    browser.get(f"{served.url}/review")
    press_until(browser, lambda each: each.tag_name == "a" and each.text == "Ticket keys", Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert wait_for(lambda: told["suggestion_id"] in browser.current_url)
    press_until(browser, lambda each: each.tag_name == "button" and "Approve" in each.text, Keys.TAB)
    outline = run(browser, "return getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "where the keyboard stands can be seen"
    browser.save_screenshot(str(tmp_path / "before.png"))
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert wait_for(lambda: "Approved by Ann Tester" in browser.page_source)
    assert served.desk.wait_for("keys", "reply") is not None
    browser.save_screenshot(str(tmp_path / "after.png"))
    assert complaints(browser) == []


def press_until(browser: webdriver.Chrome, found: Any, key: str) -> None:
    """Press a key until the focus stands where it is wanted."""
    for _ in range(60):
        if found(browser.switch_to.active_element):
            return
        browser.switch_to.active_element.send_keys(key)
    raise AssertionError("the keyboard does not lead there")


def test_the_first_stop_of_the_keyboard_skips_to_the_content(
    browser: webdriver.Chrome, served: Served
) -> None:
    browser.get(f"{served.url}/review")
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to the content"


def test_nothing_is_wider_than_a_phone(
    browser: webdriver.Chrome, served: Served, hostile: list[Plain]
) -> None:
    resize(browser, PHONE)
    for url in pages(served, hostile[12:18]):
        browser.get(url)
        run(browser, "document.querySelectorAll('details').forEach(each => each.open = true)")
        wide = run(browser, "return [document.documentElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= PHONE[0], (url, wide)
    resize(browser, DESKTOP)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(browser: webdriver.Chrome, served: Served, scheme: str) -> None:
    told = answered(served, "contrast")
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    backgrounds = set()
    for path in (
        "/review?show=all",
        f"/review/{told['suggestion_id']}",
        "/reports",
        "/deliveries",
        "/kb",
        "/login",
    ):
        browser.get(served.url + path)
        backgrounds.add(run(browser, "return getComputedStyle(document.body).backgroundColor"))
        texts = run(browser, TEXTS)
        assert len(texts) > 5
        for words, ink, layers in texts:
            assert contrast(ink, layers) >= CONTRAST_MIN, (path, words, ink, layers)
    assert len(backgrounds) == 1
    red, green, blue, _ = colour(backgrounds.pop())
    assert (red + green + blue > 380) == (scheme == "light")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def resize(browser: webdriver.Chrome, size: tuple[int, int]) -> None:
    """The size of the page itself; a window cannot be as narrow as a phone."""
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def contrast(ink: str, layers: list[str]) -> float:
    """The contrast of a text with what lies behind it (WCAG 2.2, "contrast ratio")."""
    ground = (255.0, 255.0, 255.0)
    for layer in reversed(layers):
        ground = over(colour(layer), ground)
    lighter, darker = sorted((luminance(over(colour(ink), ground)), luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def colour(text: str) -> tuple[float, float, float, float]:
    """Red, green and blue of 0 to 255 and the opacity of 0 to 1 of a computed colour."""
    numbers = [float(each) for each in re.findall(r"[\d.]+", text)]
    if text.startswith("color("):
        numbers[:3] = [255 * each for each in numbers[:3]]
    red, green, blue, *opacity = numbers
    return red, green, blue, opacity[0] if opacity else 1.0


def over(
    top: tuple[float, float, float, float], ground: tuple[float, float, float]
) -> tuple[float, float, float]:
    """A colour laid over an opaque one."""
    red, green, blue = (top[3] * a + (1 - top[3]) * b for a, b in zip(top[:3], ground, strict=True))
    return red, green, blue


def luminance(rgb: tuple[float, float, float]) -> float:
    """WCAG 2.2, "relative luminance"."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (each / 255 for each in rgb)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
