# The commands of the repository. `make help` lists them; recipes are POSIX sh.

# What is checked for style, and the flags under which the tests are built and run: optimised, all warnings are
# errors (SwiftPM spares dependencies), and a module imports only what Package.swift says that it depends on.
# `-Werror=all` instead of `-Werror`: SwiftPM 6.3 stumbles over the latter.
SWIFT_SOURCES = Sources codegen/Emitter Tests Examples Benchmarks/Journeys Package.swift
TEST_FLAGS = -c release -Xswiftc -enable-testing --scratch-path .build/testing \
  --explicit-target-dependency-import-check error -Xswiftc -warnings-as-errors \
  -Xcc -Wall -Xcc -Wextra -Xcc -Werror=all -Xcc -Werror=extra

# The test targets that run generated code on the instruction set that the environment names: they are repeated with
# each one forced. (EndToEndTests goes through all of them by itself.)
ISA_SUITES = ^(AdjointTests|AdjointCodegenTests|AdjointCLITests|DocumentationTests)\.
# What /proc/cpuinfo must list for an instruction set to be tried.
CPU_baseline =
CPU_avx2 = avx2 fma
CPU_avx512 = avx512f avx512dq avx512bw avx512vl

DEMO = .build/demo
DEMO_ACCURACY = 0.96
ADJOINT = .build/release/adjoint

# Set for one command only, below.
unexport ADJOINT_ISA ADJOINT_RECORD_GOLDENS ADJOINT_THREAD_SANITIZER

START := $(shell date +%s)

# $(call timed,WHAT,COMMAND): runs the command, and says how long it took. No commas in the arguments.
define timed
@echo "== $(1)"; start=$$(date +%s); $(2); status=$$?; \
echo "== $(1): $$(($$(date +%s) - start)) s"; exit $$status
endef

# $(call tests,NAME,OPTIONS): runs tests that are built already. A filter that finds none is a failure.
tests = { swift test --skip-build --disable-xctest $(TEST_FLAGS) $(2); echo $$? > .build/$(1).status; } 2>&1 \
  | tee .build/$(1).log | grep -vE '^(◇ |✔ (Suite|Test (case|[^r])))'; \
  if ! grep -Eq 'Test run with [1-9]' .build/$(1).log; then echo 'error: no test was run'; false; \
  else test "$$(cat .build/$(1).status)" = 0; fi

.NOTPARALLEL:
.PHONY: help demo test fuzz fuzz-files guided-fuzzer fuzz-guided fuzz-corpus attack attack-memory attack-files \
  attack-options attack-models journeys kills static bench bench-runtime goldens format lint clean dependencies compiler build-tests \
  run-tests test-baseline test-avx2 test-avx512 thread-sanitizer found-thread-sanitizer

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1:\2/p' Makefile | awk -F: '{ printf "%-22s%s\n", $$1, $$2 }'

demo: dependencies ## train the breast-cancer classifier, show its C, compare interpreted with compiled
	$(call timed,building,swift build -c release --product adjoint)
	@mkdir -p $(DEMO)
	$(call timed,training,$(ADJOINT) train --data Examples/Data/wdbc.csv --target benign --layers 64$(comma)32 \
	  --activation relu --optimizer adam --learning-rate 1e-3 --batch 64 --epochs 50 --l2 1e-4 --seed 42 \
	  --out $(DEMO)/wdbc.adj --json > $(DEMO)/training.json)
	@$(ADJOINT) dump $(DEMO)/wdbc.adj --stage c --out $(DEMO)/wdbc.c
	@echo "The C of the training step: $(CURDIR)/$(DEMO)/wdbc.c"
	$(call timed,interpreted against compiled,$(ADJOINT) bench --quick)
	@accuracy=$$(tr -d ' \n' < $(DEMO)/training.json \
	  | sed -n 's/.*"test_accuracy":\([0-9.eE+-]*\).*/\1/p'); \
	echo "Test accuracy: $${accuracy:-not reported}"; \
	awk -v a="$${accuracy:-0}" -v least=$(DEMO_ACCURACY) 'BEGIN { exit !(a >= least) }' \
	  || { echo "error: the test accuracy is below $(DEMO_ACCURACY)"; exit 1; }

test: dependencies compiler lint build-tests run-tests test-baseline test-avx2 test-avx512 thread-sanitizer ## lint and all tests, on each instruction set; what CI runs
	@echo "== all tests passed: $$(($$(date +%s) - $(START))) s"

fuzz: dependencies compiler ## compare compiled random graphs with interpreted ones; SEEDS='0..<300000', else it goes on
	$(call timed,building,swift build -c release --product adjoint-fuzz)
	@.build/release/adjoint-fuzz $(if $(SEEDS),--seeds '$(SEEDS)')

# In a folder of its own, as all that is built there has the address sanitizer.
fuzz-files: dependencies ## read 100,000 damaged files of each format with the address sanitizer on; CASES=1000, FLAGS='--format csv'
	$(call timed,building,swift build -c release --sanitize=address --scratch-path .build/fuzz-files \
	  --product adjoint-fuzz-files)
	@.build/fuzz-files/release/adjoint-fuzz-files $(if $(CASES),--cases $(CASES)) $(FLAGS)

# The same program with libFuzzer's main, and the address sanitizer.
GUIDED = .build/fuzz-guided
GUIDED_FAILURES = .build/fuzz-guided-failures
GUIDED_FUZZER = $(GUIDED)/release/adjoint-fuzz-files
CORPUS = Tests/FuzzCorpus
# Swift's own report of a crash would go before libFuzzer's.
GUIDED_ENVIRONMENT = env SWIFT_BACKTRACE=enable=no ADJOINT_FUZZ_FORMAT=$(TARGET)
GUIDED_LIMITS = -timeout=20 -rss_limit_mb=4096 -max_len=16384
SECONDS = 600

guided-fuzzer: dependencies
	$(call timed,building,swift build -c release --sanitize=fuzzer --sanitize=address -Xswiftc -DGUIDED_FUZZING \
	  --scratch-path $(GUIDED) --product adjoint-fuzz-files)

fuzz-guided: ## let coverage guide what is read next: TARGET=csv SECONDS=600; without a target, name them all
ifeq ($(TARGET),)
	@echo "TARGET is one of: $$(ls $(CORPUS) | tr '\n' ' ')"
else
	@$(MAKE) --no-print-directory guided-fuzzer
	@test -d $(CORPUS)/$(TARGET) || { echo "error: there is no target '$(TARGET)': $$(ls $(CORPUS) | tr '\n' ' ')"; exit 1; }
	@mkdir -p $(GUIDED)/corpus/$(TARGET) $(GUIDED_FAILURES)
	@rm -rf $(GUIDED)/beginnings/$(TARGET); \
	$(GUIDED_ENVIRONMENT) ADJOINT_FUZZ_BEGINNINGS=$(GUIDED)/beginnings/$(TARGET) $(GUIDED_FUZZER)
	@$(GUIDED_ENVIRONMENT) $(GUIDED_FUZZER) $(GUIDED_LIMITS) -max_total_time=$(SECONDS) -print_final_stats=1 \
	  -dict=$(GUIDED)/beginnings/$(TARGET)/words -artifact_prefix=$(GUIDED_FAILURES)/$(TARGET)- $(FLAGS) \
	  $(GUIDED)/corpus/$(TARGET) $(CORPUS)/$(TARGET) $(GUIDED)/beginnings/$(TARGET)/inputs \
	  || { echo "again: $(GUIDED_ENVIRONMENT) $(GUIDED_FUZZER) FILE, the one of $(GUIDED_FAILURES) that is named above"; exit 1; }
endif

# A corpus keeps the smallest inputs that reach what all reach, at most 200 kB; those called found-… stay whatever they reach.
fuzz-corpus: guided-fuzzer ## take what fuzz-guided came upon into the corpora of the repository, as few and small as can be
	@for target in $(if $(TARGET),$(TARGET),$$(ls $(CORPUS))); do \
	  merged=$(GUIDED)/merged/$$target; rm -rf $$merged; mkdir -p $$merged $(GUIDED)/corpus/$$target $(GUIDED_FAILURES); \
	  env SWIFT_BACKTRACE=enable=no ADJOINT_FUZZ_FORMAT=$$target $(GUIDED_FUZZER) -merge=1 -artifact_prefix=$(GUIDED_FAILURES)/$$target- -timeout=20 -rss_limit_mb=4096 \
	    -max_len=16384 $$merged $(CORPUS)/$$target $(GUIDED)/corpus/$$target \
    $$(ls -d $(GUIDED)/beginnings/$$target/inputs 2> /dev/null) 2> $$merged.log || { tail $$merged.log; exit 1; }; \
	  find $(CORPUS)/$$target -type f ! -name 'found-*' -delete; \
  ls -lSr $$merged | awk 'NR > 1 && (sum += $$5) <= 200000 { print $$9 }' \
    | while read -r name; do cp $$merged/$$name $(CORPUS)/$$target; done; \
	  echo "$$target: $$(ls $(CORPUS)/$$target | wc -l) inputs, $$(cat $(CORPUS)/$$target/* | wc -c) bytes"; \
	done

attack-models: dependencies ## predict and dump with 2,000 hostile models, in little memory; FLAGS='--models 100 --limits 96,256'
	$(call timed,building,swift build -c release --product adjoint)
	$(call timed,building,swift build -c release --product adjoint-attack-models)
	$(call timed,attack,.build/release/adjoint-attack-models $(FLAGS))

journeys: dependencies ## train a course's networks on real data, beside scikit-learn where PYTHON has it; FLAGS='--only iris'
	$(call timed,building,swift build -c release --product adjoint-journeys)
	$(call timed,journeys,.build/release/adjoint-journeys --python $(PYTHON) $(FLAGS))

# A program to copy to where there is no Swift: it needs the C library, libstdc++ and libsleef. zlib's archive is found first
# because it is alone in its folder.
STATIC = .build/static

static: dependencies ## the command as one file that predicts and trains where there is no Swift: .build/static/adjoint
	@mkdir -p $(STATIC)/libraries; \
	archive=$$(ls /usr/lib/*/libz.a /usr/local/lib/libz.a 2> /dev/null | head -n 1); \
	if [ -n "$$archive" ]; then ln -sf "$$archive" $(STATIC)/libraries/libz.a; fi
	$(call timed,building,swift build -c release --product adjoint --static-swift-stdlib \
	  --scratch-path $(STATIC)/build -Xlinker -L$(CURDIR)/$(STATIC)/libraries)
	@cp $(STATIC)/build/release/adjoint $(STATIC)/adjoint; strip $(STATIC)/adjoint 2> /dev/null; \
	ls -lh $(STATIC)/adjoint | awk '{ print $$5, $$NF }'; ldd $(STATIC)/adjoint

attack: kills attack-memory attack-files attack-options attack-models ## all of these: kills, limits, files, options, models; hours

attack-files: dependencies ## files without end, or larger than memory, in every place where the command takes one
	$(call timed,building,swift build -c release --product adjoint)
	$(call timed,attacks,sh Tests/Attacks/files.sh $(ADJOINT))

kills: dependencies build-tests ## 1,000 trainings killed at any age, two in one place, and on a full disk; TRIALS=100
	$(call timed,kills,export ADJOINT_KILLS=$(or $(TRIALS),1000); $(call tests,kills,--filter KillTests))

attack-memory: dependencies build-tests ## compile 1,000 times under each of many limits of memory; CI does some of it
	$(call timed,compiling with little memory,export ADJOINT_ATTACKS=1000; $(call tests,attack,--filter LowMemoryTests))

attack-options: dependencies build-tests ## give every option of every command each extreme value
	$(call timed,options,export ADJOINT_ATTACK_OPTIONS=1; $(call tests,options,--filter ExtremeOptionTests))

# What the comparison with other systems needs: where its data go, and a Python that has NumPy and some of them.
PEERS = .build/peers
PYTHON = python3
MACHINE_BENCH = $(RUNTIME_BENCH)/machine_bench

bench: dependencies ## each step by all backends, then beside the peers that PYTHON has (Benchmarks/peers); FLAGS='--rounds 3'
	$(call timed,building,swift build -c release --product adjoint)
	@$(ADJOINT) bench
	@$(PYTHON) -c 'import numpy, autograd, sklearn' 2> /dev/null || { \
	  echo "No comparison with other systems: $(PYTHON) lacks numpy, autograd or scikit-learn (Benchmarks/peers/README.md)"; \
	  exit 0; }; \
	mkdir -p $(PEERS) $(RUNTIME_BENCH); rm -f $(RUNTIME_BENCH)/machine; \
	$(CLANG) $(BENCH_FLAGS) Benchmarks/runtime/machine_bench.c Benchmarks/runtime/machine.c codegen/Runtime/*.c \
	  -lsleef -lm -lpthread -o $(MACHINE_BENCH) || exit 1; \
	test -e $(PEERS)/conv.losses.txt || PEERS_DATA=$(PEERS) $(PYTHON) Benchmarks/peers/prepare.py > /dev/null || exit 1; \
	$(MACHINE_BENCH) $(RUNTIME_BENCH)/machine $(BENCH_THREADS); \
	$(PYTHON) Benchmarks/peers/compare.py --adjoint $(ADJOINT) --data $(PEERS) --results $(PEERS)/results.jsonl $(FLAGS); \
	$(MACHINE_BENCH) $(RUNTIME_BENCH)/machine $(BENCH_THREADS)

# Where the runtime's benchmarks are built. They need clang, as the runtime does; swift brings one. OpenBLAS and libxsmm
# are compared with where they are installed, without what the environment says of them.
RUNTIME_BENCH = .build/runtime
CLANG = $(shell command -v clang || echo "$$(dirname "$$(readlink -f "$$(command -v swift)")")/clang")
BENCH_THREADS = $(shell getconf _NPROCESSORS_ONLN)
BENCH_FLAGS = -O2 -Wall -Wextra -Icodegen/Runtime/include

bench-runtime: dependencies ## GFLOP/s of matrix products, ns an element and ULP of every primitive; FLAGS=json, FLAGS=quick
	@mkdir -p $(RUNTIME_BENCH); rm -f $(RUNTIME_BENCH)/machine
	@for source in codegen/Runtime/*.c Benchmarks/runtime/machine.c; do \
	  $(CLANG) $(BENCH_FLAGS) -c $$source -o $(RUNTIME_BENCH)/$$(basename $$source .c).o || exit 1; \
	done; \
	set --; \
	links() { echo 'int main(void) { return 0; }' | $(CLANG) -x c - -o /dev/null "$$@" 2> /dev/null; }; \
	if links -lopenblas; then set -- "$$@" -DOPENBLAS -lopenblas; fi; \
	if links -lxsmm -lopenblas; then set -- "$$@" -DLIBXSMM -lxsmm -lopenblas; fi; \
	for name in machine gemm tile; do \
	  $(CLANG) $(BENCH_FLAGS) Benchmarks/runtime/$${name}_bench.c $(RUNTIME_BENCH)/*.o "$$@" -lsleef -lm -lpthread -ldl \
	    -o $(RUNTIME_BENCH)/$${name}_bench || exit 1; \
	done
	@$(RUNTIME_BENCH)/machine_bench $(RUNTIME_BENCH)/machine $(BENCH_THREADS)
	@for type in f32 f64; do \
	  env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE -u OPENBLAS_NUM_THREADS -u LIBXSMM_TARGET \
	    $(RUNTIME_BENCH)/gemm_bench $$type threads $(BENCH_THREADS) $(FLAGS) || exit 1; \
	done
	@$(RUNTIME_BENCH)/tile_bench $(FLAGS)
	@$(RUNTIME_BENCH)/tile_bench ulp $(FLAGS)
	@$(RUNTIME_BENCH)/machine_bench $(RUNTIME_BENCH)/machine $(BENCH_THREADS)

goldens: dependencies build-tests ## write the expected C of the golden tests anew
	@ADJOINT_RECORD_GOLDENS=1 swift test --skip-build --disable-xctest $(TEST_FLAGS) --filter Golden || true
	@$(call tests,goldens,--filter Golden)
	@echo "Read what changed before it is committed: git diff codegen/Goldens"

format: ## lay out all Swift sources
	@swift format format --in-place --parallel --recursive $(SWIFT_SOURCES)

clean: ## remove everything that was built
	rm -rf .build

# The steps of `make test`.

lint:
	$(call timed,lint,swift format lint --strict --parallel --recursive $(SWIFT_SOURCES))

build-tests:
	@mkdir -p .build
	$(call timed,building the tests,{ swift build --build-tests $(TEST_FLAGS); echo $$? > .build/build.status; } \
	  2>&1 | tee .build/build.log; \
	  if grep 'warning:' .build/build.log | grep -v '/checkouts/'; then \
	    echo 'error: the build has warnings'; false; \
	  else test "$$(cat .build/build.status)" = 0; fi)

run-tests:
	$(call timed,tests,$(call tests,tests,))

test-baseline test-avx2 test-avx512: test-%:
	@for flag in $(CPU_$*); do \
	  grep -qw "$$flag" /proc/cpuinfo 2> /dev/null && continue; \
	  echo "== tests on $*: SKIPPED, this processor has no $$flag"; exit 0; \
	done; \
	$(MAKE) --no-print-directory forced-$*

forced-%:
	$(call timed,tests on $*,export ADJOINT_ISA=$*; $(call tests,$*,--filter '$(ISA_SUITES)'))

# The runtime and the C of some steps under clang's thread sanitizer. Swift's own copy of it needs Swift's libdispatch.
THREAD_SANITIZER = .build/thread-sanitizer

thread-sanitizer: ## compiled steps on four threads, searched for data races; a part of `make test`
	@mkdir -p $(THREAD_SANITIZER); cd $(THREAD_SANITIZER); \
	swift=$$(dirname $(CLANG))/../lib/swift/linux; set -- -fsanitize=thread; \
	[ ! -d "$$swift" ] || set -- "$$@" -L"$$swift" -Wl,-rpath,"$$swift" -ldispatch -lBlocksRuntime; \
	printf '#!/bin/sh\nexec %s "$$@" %s\n' $(CLANG) "$$*" > clang; chmod +x clang; \
	echo 'int main(void) { return 0; }' > probe.c; \
	if ! ./clang probe.c -o probe 2> probe.log || ! ./probe; then \
	  echo "== thread sanitizer: SKIPPED, $(CLANG) has none: $$(head -n 1 probe.log)"; exit 0; \
	fi; \
	cd - > /dev/null; $(MAKE) --no-print-directory found-thread-sanitizer

found-thread-sanitizer:
	$(call timed,the runtime with the thread sanitizer,ls codegen/Runtime/*.c | xargs -P 2 -I{} sh -c \
	  '$(CLANG) -O1 -fsanitize=thread -Icodegen/Runtime/include -c {} -o $(THREAD_SANITIZER)/$$(basename {} .c).o')
	$(call timed,thread sanitizer,export ADJOINT_THREAD_SANITIZER=$(CURDIR)/$(THREAD_SANITIZER); \
	  $(call tests,threads,--filter 'ThreadSanitizerTests'))

# What is needed. A header is looked for before a package, so that libraries built by hand count.

# $(call install,PACKAGES): with apt where there is apt, else a message.
install = set -- $(1); \
  if [ $$\# = 0 ]; then exit 0; fi; \
  if ! command -v apt-get > /dev/null; then \
    echo "error: missing: $$*. Install what your system calls these Debian packages and try again."; exit 1; \
  fi; \
  root=; \
  if [ "$$(id -u)" != 0 ]; then \
    command -v sudo > /dev/null \
      || { echo "error: missing: $$*. Install them as root: apt-get install $$*"; exit 1; }; \
    root=sudo; \
  fi; \
  echo "== installing $$*"; \
  $$root apt-get update -qq \
    && $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$$@" \
    || { echo "error: could not install $$*"; exit 1; }

dependencies:
	@set -- $$(swift --version 2> /dev/null \
	  | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1); \
	if [ "$$(($${1:-0} * 1000 + $${2:-0}))" -lt 6001 ]; then \
	  echo "error: Swift 6.1 or later is needed (found: $${1:-none}$${2:+.$$2}): https://www.swift.org/install/linux"; \
	  exit 1; \
	fi
	@has_header() { \
	  for file in /usr/include/$$1 /usr/include/*-linux-gnu/$$1 /usr/local/include/$$1; do \
	    [ -e "$$file" ] && return; \
	  done; \
	  echo "#include <$$1>" | cc -E - > /dev/null 2>&1; \
	}; \
	missing=; \
	command -v git > /dev/null || missing="$$missing git"; \
	has_header libtcc.h || missing="$$missing libtcc-dev"; \
	has_header sleef.h || missing="$$missing libsleef-dev"; \
	has_header zlib.h || missing="$$missing zlib1g-dev"; \
	$(call install,$$missing)

# The tests also compile the portable C with a compiler of the system.
compiler:
	@missing="gcc libc6-dev"; \
	for name in cc clang gcc; do command -v $$name > /dev/null && missing=; done; \
	$(call install,$$missing)

comma = ,
