#!/usr/bin/env python3
"""console_test.py WALFERRY [PICTURES [OPTIONS…]]: the console in headless Chromium, on a real pipeline from PostgreSQL to PostgreSQL.
Pictures of it are left in the folder PICTURES, where one is given; OPTIONS are those of unittest."""
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from postgres import Server, free_port
from webdriver import Browser

WALFERRY = pathlib.Path(sys.argv[1]).resolve()
PICTURES = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
AXE = pathlib.Path(__file__).resolve().parents[2] / ".deps/axe.min.js"
TOKEN = "a-token-for-the-test"
# A payload that would run, and rename the page, were it ever taken for markup.
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>'

SOURCE = """
CREATE TABLE orders (id integer PRIMARY KEY, customer text, total numeric(10, 2), note text);
INSERT INTO orders SELECT g, 'customer ' || g % 90, g % 500, NULL FROM generate_series(1, 2000) g;
CREATE TABLE customers (id integer PRIMARY KEY, name text);
INSERT INTO customers SELECT g, 'name ' || g FROM generate_series(1, 90) g;
CREATE TABLE items (id integer PRIMARY KEY, v text);
INSERT INTO items SELECT g, md5(g::text) FROM generate_series(1, 20000) g;
CREATE TABLE keyless (v text);
ANALYZE;
"""

CONFIG = """pipeline: shop
source: {{ postgres: {{ connection: "{source}" }} }}
warehouse: {{ postgres: {{ connection: "{warehouse}" }} }}
tables:
  - match: public.*
    mode: upsert
http: {{ listen: "127.0.0.1:{port}", token: "{token}" }}
"""

# What can be reached by Tab, as the page has it.
REACHABLE = """return [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')]
    .filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility() && !one.closest('dialog:not([open])')).length"""

# Whether the focus is shown, and not below the head of the page, which stays in place; keeps where it has been.
FOCUS = """const now = document.activeElement, place = now.getBoundingClientRect();
    if (now === document.body) return 'lost';
    window.walked.add(now);
    if (!now.matches(':focus-visible')) return `not shown: ${now.outerHTML}`;
    const seen = document.elementFromPoint(place.x + place.width / 2, place.y + Math.min(place.height, 20) / 2);
    return seen?.closest('.top') && !now.closest('.skip') ? `covered: ${now.outerHTML}` : 'visible'"""

# Names and structure that assistive technology needs; a list of what is wrong.
BREACHES = """
const wrong = [], say = (what, one) => wrong.push(`${what}: ${one.outerHTML.slice(0, 120)}`);
const seen = (one) => one.checkVisibility();
if (!document.documentElement.lang) wrong.push('no language');
for (const name of ['h1', 'main', 'body > header', 'footer'])
  if (document.querySelectorAll(name).length !== 1) wrong.push(`not one ${name}`);
for (const one of document.querySelectorAll('input, select, textarea'))
  if (!one.labels.length && !one.ariaLabel) say('no label', one);
for (const one of document.querySelectorAll('button, a')) if (seen(one) && !(one.ariaLabel || one.textContent.trim())) say('no name', one);
for (const one of document.querySelectorAll('table')) if (!one.caption?.textContent) say('no caption', one);
for (const one of document.querySelectorAll('progress, svg[role=img]')) if (!one.ariaLabel) say('no name', one);
for (const one of document.querySelectorAll('section, dialog')) {
  const title = document.getElementById(one.getAttribute('aria-labelledby'));
  if (!title) say('no title', one);
}
for (const one of document.querySelectorAll('[id]')) if (document.querySelectorAll(`#${one.id}`).length > 1) say('id twice', one);
if (document.documentElement.scrollWidth > document.documentElement.clientWidth) wrong.push('the page scrolls sideways');
return wrong;
"""


class Console(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup((folder := tempfile.TemporaryDirectory(prefix="walferry-console-")).cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.folder.chmod(0o755)
        cls.source = Server(cls.folder / "source")
        cls.addClassCleanup(cls.source.stop)
        cls.warehouse = Server(cls.folder / "warehouse")
        cls.addClassCleanup(lambda: cls.warehouse.stop())
        cls.source.sql("CREATE DATABASE shop", "postgres")
        cls.source.sql(SOURCE)
        cls.warehouse.sql("CREATE ROLE ferry LOGIN", "postgres")
        cls.warehouse.sql("CREATE DATABASE shop OWNER ferry", "postgres")
        cls.port = free_port()
        config = cls.folder / "shop.yaml"
        config.write_text(CONFIG.format(source=cls.source.conninfo("shop"), port=cls.port, token=TOKEN,
                                        warehouse=cls.warehouse.conninfo("shop", "ferry")))
        cls.log = open(cls.folder / "run.log", "w", encoding="utf-8")
        cls.addClassCleanup(cls.log.close)
        cls.ferry = subprocess.Popen([WALFERRY, "run", config], stderr=cls.log, cwd=cls.folder)
        cls.addClassCleanup(cls.ferry.wait)
        cls.addClassCleanup(cls.ferry.terminate)
        cls.browser = Browser(cls.folder)
        cls.addClassCleanup(cls.browser.close)
        cls.url = f"http://127.0.0.1:{cls.port}/"
        cls.wait_for_port()
        cls.browser.go(cls.url)
        cls.browser.until("return !document.getElementById('access').hidden")
        cls.browser.type("#token", TOKEN)
        cls.browser.press("Enter")
        cls.browser.until_text("#state", "streaming")

    @classmethod
    def wait_for_port(cls):
        while True:
            try:
                return urllib.request.urlopen(f"{cls.url}healthz", timeout=5).close()
            except urllib.error.URLError:
                if cls.ferry.poll() is not None:
                    raise RuntimeError((cls.folder / "run.log").read_text()) from None
                time.sleep(0.05)

    def setUp(self):
        self.browser.scheme("light")
        self.browser.size(1280, 900)
        self.browser.errors()

    def tearDown(self):
        # Refused requests are told to the user; all else would be a fault of the page.
        self.assertEqual([error for error in self.browser.errors() if "Failed to load resource" not in error], [])
        self.assertIn("walferry", self.browser.run("return document.title"))

    def picture(self, name):
        if PICTURES:
            PICTURES.mkdir(exist_ok=True)
            self.browser.run("window.scrollTo(0, 0)")
            self.browser.picture(PICTURES / f"{name}.png")

    def applied(self, table):
        """All that was committed at the source is in the warehouse."""
        self.source.sql(f"INSERT INTO {table} (id) VALUES (-1) ON CONFLICT (id) DO NOTHING; DELETE FROM {table} WHERE id = -1")
        last = self.source.sql("SELECT pg_current_wal_lsn()")
        end = time.monotonic() + 30
        while self.warehouse.sql(f"SELECT lsn < '{last}' FROM walferry.checkpoint") == "t":
            self.assertLess(time.monotonic(), end, "the warehouse does not catch up")
            time.sleep(0.05)

    def row_text(self, table):
        return self.browser.run("""return [...document.querySelectorAll('#tables tbody tr')]
            .find((row) => row.querySelector('.name').textContent === arguments[0])?.innerText""", table)

    def test_the_page_is_live_and_shows_each_table(self):
        points = "return document.querySelector('#lag-seconds .line').getAttribute('d').split('L').length"
        before = self.browser.run(points)
        self.source.sql("UPDATE orders SET note = 'seen' WHERE id <= 100")
        self.browser.until(f"{points} > arguments[0] + 2", before, what="the lag line grows")
        self.browser.until("""return [...document.querySelectorAll('#tables tbody tr')].some((row) =>
            row.innerText.includes('orders') && Number(row.cells[5].textContent) > 0)""", what="events a second of orders")
        self.assertIn("2,000", self.row_text("public.orders"))
        self.assertIn("streaming", self.row_text("public.orders"))
        self.assertIn("excluded", self.row_text("public.keyless"))
        self.assertRegex(self.browser.text("#link"), "^live · ")
        self.assertNotIn(TOKEN, self.browser.run("return location.href + document.cookie + JSON.stringify(localStorage)"))
        # Sorted by a header's button, and read out as such.
        names = "return [...document.querySelectorAll('#tables .name')].map((one) => one.textContent)"
        for _ in range(2):
            self.browser.click("#tables th:nth-child(2) .sort")
        self.assertEqual(self.browser.run(names), ["public.orders", "public.keyless", "public.items", "public.customers"])
        self.assertEqual(self.browser.run("return document.querySelector('#tables [aria-sort]').ariaSort"), "descending")
        self.browser.click("#tables th:nth-child(2) .sort")

    def test_a_dead_letter_is_opened_replayed_and_one_discarded(self):
        self.warehouse.sql("ALTER TABLE orders ADD CONSTRAINT total_is_positive CHECK (total >= 0)")
        quoted = HOSTILE.replace("'", "''")
        self.source.sql(f"INSERT INTO orders VALUES (5001, 'a', -5, '{quoted}'), (5002, 'b', -6, 'second')")
        self.browser.until("return document.querySelectorAll('#letters tbody tr').length === 2", what="two letters")
        self.assertIn("2 open", self.browser.text("#letters-count"))
        self.browser.click("#letters tbody tr:first-child button.plain")
        self.browser.until("return document.getElementById('letter').open")
        for part in ["total_is_positive", "23514", "-5.00", HOSTILE, "id = 5001"]:
            self.assertIn(part, self.browser.text("#letter"))
        self.picture("letter")
        self.browser.press("Escape")
        self.assertFalse(self.browser.run("return document.getElementById('letter').open"))
        # Tried while the constraint stands, it stays a letter.
        self.browser.click("#letters tbody tr:first-child input")
        self.act("replay")
        self.browser.until_text("#letters-outcome", "refused again")
        self.warehouse.sql("ALTER TABLE orders DROP CONSTRAINT total_is_positive")
        self.browser.until("return !document.getElementById('letters-replay').disabled", what="the letter is still selected")
        self.act("replay")
        self.browser.until_text("#letters-outcome", "replayed")
        self.browser.until("return document.querySelectorAll('#letters tbody tr').length === 1", what="one letter")
        self.assertEqual(self.warehouse.sql("SELECT note FROM orders WHERE id = 5001"), HOSTILE)
        self.browser.click("#letters tbody tr:first-child button.plain")
        self.browser.click("#letter-discard")
        self.browser.click("#question-yes")
        self.browser.until_text("#letters", "None is open.")
        self.browser.until("return document.activeElement.id === 'letters-title'", what="the focus, on the section")
        self.assertFalse(self.browser.run("return document.getElementById('letter').open"))
        self.assertEqual(self.warehouse.sql("SELECT string_agg(state, ' ' ORDER BY id) FROM walferry.dead_letter"),
                         "replayed discarded")

    def act(self, verb):
        self.browser.click(f"#letters-{verb}")
        self.browser.until("return document.getElementById('question').open")
        self.browser.click("#question-yes")

    def test_a_resync_shows_where_it_stands_and_ends_and_another_is_cancelled(self):
        # While the table is locked the copy can't begin: what the page shows stays as it is.
        lock = self.source.session("BEGIN; LOCK TABLE items, customers IN ACCESS EXCLUSIVE MODE")
        self.addCleanup(lock.communicate)
        for name in ["items", "customers"]:
            self.browser.run("""[...document.querySelectorAll('#tables tbody tr')]
                .find((row) => row.innerText.includes(arguments[0])).querySelector('input').click()""", name)
        self.browser.until_text("#tables-resync", "Resync 2")
        self.browser.click("#tables-resync")
        self.browser.click("#question-yes")
        self.browser.until("return document.querySelectorAll('#resyncs tbody button').length === 2", what="two resyncs, open")
        self.browser.until("return [...document.querySelectorAll('#resyncs progress')].some((bar) => bar.checkVisibility())", what="their progress")
        self.picture("resync")
        self.browser.click("#resyncs button[aria-label='Cancel the resync of public.customers']")
        self.browser.click("#question-yes")
        self.browser.until_text("#resyncs", "cancelled")
        lock.communicate()
        self.browser.until_text("#resyncs", "done")
        self.assertIn("20,000", self.browser.text("#resyncs"))
        self.assertEqual(self.browser.run("return document.querySelectorAll('#resyncs tbody button').length"), 0)

    def test_a_comparison_names_the_rows_that_differ(self):
        self.applied("customers")
        self.warehouse.sql("DELETE FROM customers WHERE id = 7; UPDATE customers SET name = 'else' WHERE id = 8")
        self.browser.click("#compare-all")
        self.browser.until_text("#compare-progress", "compared: 2 rows differ.")
        self.browser.until_text("#comparisons", "2 rows differ")
        self.assertEqual(self.browser.text("#comparisons").count("equal"), 2)
        differences = self.browser.text("#differences")
        for part in ["id = 7", "missing", "id = 8", "changed", "name"]:
            self.assertIn(part, differences)
        self.source.sql("UPDATE customers SET name = name WHERE id IN (7, 8)")

    def test_a_query_is_answered_and_what_is_none_is_refused(self):
        self.ask("SELECT 1 AS one, NULL AS nothing, '<b>x</b>' AS markup")
        self.browser.until_text("#answer", "<b>x</b>")
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('#answer tr > *')].map((one) => one.textContent)"),
                         ["one", "nothing", "markup", "1", "NULL", "<b>x</b>"])
        self.ask("DROP TABLE orders")
        self.browser.until_text("#query-problem", "DROP is not for here")
        self.assertEqual(self.browser.text("#answer"), "")
        self.warehouse.sql("GRANT pg_read_server_files TO ferry")
        self.ask("SELECT 1")
        self.browser.until_text("#query-problem", "the server's files")
        self.warehouse.sql("REVOKE pg_read_server_files FROM ferry")

    def ask(self, query):
        self.browser.run("document.getElementById('query').value = ''")
        self.browser.type("#query", query)
        self.browser.click("#query-run")

    def test_all_of_it_is_reached_and_done_by_keyboard(self):
        self.source.sql("INSERT INTO customers VALUES (5003, 'x')")
        self.warehouse.sql("ALTER TABLE customers ADD CONSTRAINT short CHECK (length(name) < 30)")
        self.source.sql("UPDATE customers SET name = repeat('long', 10) WHERE id = 5003")
        self.browser.until("return document.querySelectorAll('#letters tbody tr').length === 1", what="a letter")
        self.browser.go(self.url)
        self.browser.until("return document.querySelectorAll('#letters tbody tr').length === 1", what="a letter")
        self.browser.run("window.walked = new Set()")
        wanted = self.browser.run(REACHABLE)
        for _ in range(wanted):
            self.browser.press("Tab")
            self.assertEqual(self.browser.run(FOCUS), "visible")
        self.assertEqual(self.browser.run("return window.walked.size"), wanted)
        self.browser.run("document.querySelector('#letters button.plain').focus()")
        self.browser.press("Enter")
        self.browser.until("return document.getElementById('letter').open")
        self.browser.press("Escape")
        self.assertFalse(self.browser.run("return document.getElementById('letter').open"))
        self.assertEqual(self.browser.run("return document.activeElement.ariaLabel.split(' ')[0]"), "Open")
        # The letter is selected and discarded, without a pointer.
        self.browser.run("document.querySelector('#letters tbody input').focus()")
        self.browser.press("Space")
        self.browser.run("document.getElementById('letters-discard').focus()")
        self.browser.press("Enter")
        self.assertEqual(self.browser.run("return document.activeElement.id"), "question-no")
        self.browser.press("Tab", "Enter")
        self.browser.until_text("#letters", "None is open.")
        self.browser.until("return document.activeElement.id === 'letters-title'", what="the focus, on the section")
        self.warehouse.sql("ALTER TABLE customers DROP CONSTRAINT short")

    def test_names_roles_and_room_are_right_in_light_dark_and_narrow(self):
        self.ask("SELECT * FROM orders ORDER BY id LIMIT 5")
        self.browser.until_text("#answer", "customer")
        self.assertEqual(self.browser.run(BREACHES), [])
        if AXE.exists():
            self.browser.run(AXE.read_text())
        colours = []
        for scheme in ["light", "dark"]:
            self.browser.scheme(scheme)
            colours.append(self.browser.run("return getComputedStyle(document.body).backgroundColor"))
            self.check_by_axe()
            self.picture(scheme)
        self.assertNotEqual(*colours)
        self.browser.size(360, 740)
        self.assertEqual(self.browser.run(BREACHES), [])
        self.check_by_axe()
        self.picture("narrow-dark")
        self.browser.scheme("light")
        self.picture("narrow")

    def check_by_axe(self):
        """The rules of axe-core, contrast among them; scripts/deps fetches it."""
        if AXE.exists():
            self.assertEqual(self.browser.run_until_done("""const done = arguments[arguments.length - 1];
                axe.run().then(({violations}) => done(violations.flatMap(({id, nodes}) =>
                    nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`))))"""), [])

    def test_the_page_stays_live_while_the_warehouse_is_down(self):
        self.warehouse.stop()
        try:
            self.source.sql("UPDATE orders SET note = 'meanwhile' WHERE id = 1")
            self.browser.until_text("#state", "retrying")
            self.browser.until_text("#notice", "refused")
            self.assertIn("retrying", self.browser.text("#announcement"))
            self.browser.until_text("#letters-problem", "The warehouse can't be asked")
            self.assertEqual(self.browser.run("return [...document.querySelectorAll('#tables .name')].length"), 4)
            self.assertIn("was streaming", self.row_text("public.orders"))
            self.ask("SELECT 1")
            self.browser.until("return document.getElementById('query-problem').textContent", what="the query's problem")
            before = self.browser.text("#link")
            self.assertRegex(before, "^live · ")
            self.browser.until("return document.getElementById('link').innerText > arguments[0]", before, what="a later event")
            self.picture("warehouse-down")
        finally:
            self.warehouse.start()
        self.browser.until_text("#state", "streaming")
        self.browser.until("return document.getElementById('letters-problem').textContent === ''", what="the letters are back")
        self.assertFalse(self.browser.run("return document.getElementById('notice').checkVisibility()"))

    def test_zz_without_the_service_the_page_says_so_and_a_wrong_token_is_refused(self):
        self.browser.run("sessionStorage.setItem('walferry.token', 'wrong')")
        self.browser.go(self.url)
        self.browser.until_text("#access-refusal", "not the one")
        self.picture("token")
        self.browser.type("#token", TOKEN)
        self.browser.press("Enter")
        self.browser.until_text("#state", "streaming")
        status = urllib.request.Request(f"{self.url}api/v1/status", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(status) as answer:
            self.assertEqual(json.load(answer)["pipeline"], "shop")
        self.ferry.terminate()
        self.assertEqual(self.ferry.wait(60), 0)
        self.browser.until_text("#link", "not live")
        self.assertIn("does not answer", self.browser.text("#notice"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
