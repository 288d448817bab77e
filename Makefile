# Everything that a checkout can do; `make` alone prints the list. The scripts are in .ci/.

PYTHON ?=
export PYTHON
BIN := .venv/bin
UNIT := tests/portable tests/core tests/store
# File by file on both cores, in the order of the folders. (By the number of their tests, which is
# the default, the slowest files would begin last.)
AT_ONCE := -n 3 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help demo test check unit mutants poison bench bench-peers bench-growth hostile faults
.PHONY: pictures icons diagrams openapi micropython hardware esptool flashing day soak
.PHONY: neighbours lock clean wheel crowd trial home-assistant seal-year walls
.PHONY: venv venv-run ending

help:
	@echo 'make demo         a building of twelve sealed doors, live in your browser; Ctrl-C ends it'
	@echo 'make test         the checks, then the tests, with what they need fetched (LONG=1: the longest too)'
	@echo 'make unit         only the quick tests, in seconds'
	@echo 'make check        only the checks: style, types, layers, firmware compiles for MicroPython'
	@echo 'make bench        measure this machine against the promised figures -> bench/latest.json'
	@echo 'make seal-year    a year of a seal through the real store: what is left of it on the disk'
	@echo 'make bench-peers  beside Home Assistant, Node-RED, a script (QUICK=1: six minutes) -> bench/peers.json'
	@echo 'make bench-growth  what a site of 100 ... 100,000 seals costs -> bench/growth.json'
	@echo 'make mutants      change one thing of the core at a time: does a test notice?'
	@echo 'make hostile      five minutes under attack from all sides -> bench/hostile.json'
	@echo 'make home-assistant  the doors in a real Home Assistant, fetched into .peers (some 600 MB)'
	@echo 'make ending       a thousand orders end and a site is destroyed with two hundred kills: ten minutes'
	@echo 'make faults       ten minutes of faults on purpose; ONLY=F3 SEED=… N=… HOURS=… WRITE=1'
	@echo 'make crowd        10,000 seals log in at the broker of a site, and then one seal more'
	@echo 'make wheel        what a gateway is installed from -> dist/'
	@echo 'make trial        as root: wheel, installation and services, on a copy of this machine'
	@echo 'make poison       replace each stored thing by garbage, 2,000 times: the house must live'
	@echo 'make soak         a seal lives 24 simulated hours with a bad broker and a bad Wi-Fi'
	@echo 'make pictures     take the pictures of README and docs/ anew, from the running demo'
	@echo 'make walls        draw the dashboards anew, of a simulated week in a real InfluxDB'
	@echo 'make icons        draw the icons of the warden'"'"'s app anew, from our own mark'
	@echo 'make diagrams     write the state machines of ARCHITECTURE.md anew, from their tables'
	@echo 'make hardware     build circuit, case and drawings anew and compare (WRITE=1: keep, take pictures)'
	@echo 'make openapi      write docs/openapi.json, what programs may ask, anew from its routes'
	@echo 'make micropython  fetch the MicroPython interpreter that the tests run the seal on'
	@echo 'make esptool      get the real esptool that the tests write images with'
	@echo 'make flashing     forty bare boards made seals, ten at once, and timed'
	@echo 'make day          an installer'"'"'s day with forty boards, step by step -> bench/day.json'
	@echo 'make neighbours   get the real mosquitto, InfluxDB, nginx and Chromium that the tests talk to'
	@echo 'make lock         resolve the dependencies anew (needs uv)'
	@echo 'make clean        remove all that these commands have made in this folder'
	@echo
	@echo 'The first of them makes .venv, from your python3 and pip: a minute or two, once.'

venv-run:
	@sh .ci/bootstrap.sh run

venv:
	@sh .ci/bootstrap.sh dev

demo: venv-run
	@$(BIN)/menshen demo

check: venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/local_times.py gateway tests bench dashboards .ci
	$(BIN)/python .ci/house_rules.py gateway firmware tests bench docs dashboards .ci
	@sh .ci/compile-firmware.sh

unit: venv
	$(BIN)/python -m pytest $(AT_ONCE) $(UNIT)

# Without a neighbour the tests that need it are skipped, each with its reason; CI=true stops here.
# What the tests need is fetched while the checks compute.
test: venv
	@sh .ci/needed.sh & needed=$$!; $(MAKE) --no-print-directory check; checked=$$?; \
	  wait $$needed || [ "$$CI" != true ] || exit 1; exit $$checked
	$(if $(LONG),MENSHEN_LONG=1) $(BIN)/python -m pytest $(AT_ONCE)

mutants:
	@sh .ci/bootstrap.sh mutants
	@$(BIN)/python .ci/mutants.py $(if $(ALL),--all) $(if $(SAMPLE),--sample $(SAMPLE)) \
	  $(if $(FILES),--files $(FILES)) $(if $(EACH),--each $(EACH)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(SINCE),--since $(SINCE)) $(if $(JOBS),--jobs $(JOBS))

# An attack of everything at once, five minutes long; a goal that is missed is an error.
hostile: venv
	@sh .ci/neighbours.sh || true
	$(BIN)/python -m bench.hostile

# Each stored thing of a small site replaced by garbage, two thousand times.
poison: venv
	$(BIN)/python -m tests.engine.poison --tries 2000

# A thousand orders by the clock, fifty lives, a whole deployment destroyed with two hundred kills.
ending: venv
	ORDERS=1000 KILLS=200 LIVES=50 $(BIN)/python -m pytest -q tests/privacy tests/ending

# Kills, lying disks, false clocks, cut cables: counted; a criterion that is missed is an error.
faults: venv
	@sh .ci/neighbours.sh || true
	$(BIN)/python -m bench.faults $(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(N),--n $(N)) $(if $(HOURS),--hours $(HOURS)) $(if $(WRITE),--write)

home-assistant: venv
	@sh .ci/peers.sh home_assistant
	$(BIN)/python -m pytest tests/feeds/with_home_assistant.py

# Ten thousand logins by TLS; a goal that is missed is an error.
crowd: venv
	@sh .ci/neighbours.sh || true
	$(BIN)/python -m bench.ten_thousand $(if $(SEALS),--seals $(SEALS))

wheel: venv
	$(BIN)/python -m hatchling build --target wheel --directory dist
	cp requirements.lock dist/
	sed -n 's/^\([A-Za-z0-9._-]*==[^\\]*[^ \\]\) *\\*$$/\1/p' requirements.lock > dist/constraints.txt

# Nothing of it stays: it happens in a mount namespace of its own, without a network.
trial: wheel
	sh .ci/trial.sh dist
# Whole days of a seal in a heap of 64 KB; the tests live a few of the hours.
soak: venv
	@sh .ci/micropython.sh
	MENSHEN_SOAK_HOURS=24 $(BIN)/python -m pytest -s tests/firmware/test_soak.py

seal-year: venv
	$(BIN)/python -m bench.seal_year $(if $(DAYS),--days $(DAYS)) $(if $(SEED),--seed $(SEED))

bench: venv
	@sh .ci/neighbours.sh || true
	$(BIN)/python -m bench

# What cannot be had here is left out, and said so. MENSHEN_PEERS: where they are kept (.peers/).
bench-peers: venv
	@sh .ci/neighbours.sh || true
	@sh .ci/peers.sh
	$(BIN)/python -m bench.peers $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(QUICK),--quick) \
	  $(if $(SYSTEMS),--systems $(SYSTEMS))

bench-growth: venv
	@sh .ci/neighbours.sh || true
	$(BIN)/python -m bench.growth $(if $(SIZES),--sizes $(SIZES))

pictures: venv
	@sh .ci/neighbours.sh
	$(BIN)/python -m docs.$(if $(ALL),screens,pictures)

walls: venv
	@sh .ci/neighbours.sh
	$(BIN)/python -m dashboards
	$(BIN)/python -m dashboards.pictures

icons: venv
	@sh .ci/neighbours.sh
	$(BIN)/python -m docs.icons

diagrams: venv
	$(BIN)/python -m docs.diagrams
	$(BIN)/python -m docs.rights

openapi: venv
	$(BIN)/python -m docs.openapi

# Its libraries take two gigabytes, in a Python of their own; no test needs them.
hardware: venv
	@sh .ci/hardware.sh
	@.hardware/bin/python -m hardware $(if $(WRITE),--write)
	@$(if $(WRITE),$(BIN)/python -m hardware.labels)

micropython:
	@sh .ci/micropython.sh

neighbours:
	@sh .ci/neighbours.sh

esptool: venv
	@sh .ci/esptool.sh

# Forty bare boards, ten at once, of all three chips, under the real esptool and MicroPython.
flashing: venv esptool
	$(BIN)/python -m tests.provisioning.many_boards --out bench/flashing.json
	MENSHEN_PULLS=20 $(BIN)/pytest tests/provisioning/test_flash_failures.py -k at_any_step

# Whole commands as they are typed, from bare boards to sealed doors, and all that goes wrong.
day: venv esptool
	$(BIN)/python -m tests.day --out bench/day.json $(if $(SAID),--said $(SAID))
	$(BIN)/python -m tests.day --bad-ends --out bench/day_bad_ends.json

lock:
	@sh .ci/lock.sh

clean:
	rm -rf .venv .hardware .peers .mutants .mpy .mpy-i386 .neighbours .esptool dist build .mypy_cache .ruff_cache .pytest_cache
	rm -rf .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
