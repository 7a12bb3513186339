# SPDX-License-Identifier: Apache-2.0
#
# Included by ../../Makefile.
#
#   make -C native check-cpu          checks the CPU's training step
#   make -C native record-cpu-bits    writes test/bits.txt, where a version may give other bits
#
# Instruction sets that this machine lacks, and ARM's where it has no cross compiler or no qemu-user, are left out,
# and said to be. On 64-bit ARM, ARM's alone is checked, and not how threads meet.

CHECK := $(OUT)/objects/cpu-check
CHECK_SOURCES := subject reference step_check inference_check extremes_check times_check bits_check main
CHECK_HEADERS := $(wildcard cpu/*.h cpu/test/*.h)
# Of the libraries that are shipped, and of those with sanitizers.
CHECK_ROUNDS ?= 150
CHECK_ROUNDS_SANITIZED ?= 12
# Of an emulated processor.
CHECK_ROUNDS_ARM ?= 6
# Networks' bits are compared for all steps and by 1 to 8 threads. An emulated processor would take hours for that:
# there, what takes so many million products at most (digest.cpp says what counts), by one thread, and by 2 and 8. Those
# are the first steps of the large networks; 300 of one network with each form of the loss and each activation, by one
# thread; and 300 of the small ones by 1, 2 and 8.
BITS_ARM_BY_ONE ?= 260 1
BITS_ARM_BY_MORE ?= 65 2,8
CXXFLAGS_CHECK := -std=c++17 -g $(WARNINGS) -ffp-contract=off -pthread
# Quick to compile, which took longest. The warnings are of gcc's own header.
CXXFLAGS_SANITIZED := $(CXXFLAGS_CHECK) -O1 -g1 -fno-var-tracking -Wno-maybe-uninitialized -Wno-uninitialized \
                      -fno-math-errno
# What is left out finds nothing that the address sanitizer does not, and doubles the time.
ADDRESS := -fsanitize=address,undefined -fno-sanitize=null,object-size,pointer-overflow \
           -fno-sanitize-recover=all --param asan-instrumentation-with-call-threshold=0

# The instruction sets of this machine.
CHECK_ISAS := $(shell grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo && echo v3) \
              $(shell grep -qw avx512dq /proc/cpuinfo && grep -qw avx512vl /proc/cpuinfo && echo v4)
QEMU_ARM ?= qemu-aarch64
SYSROOT_ARM ?= /usr/aarch64-linux-gnu
HAS_ARM := $(and $(shell command -v $(CXX_ARM)),$(or $(IS_ARM),$(shell command -v $(QEMU_ARM))))
RUN_ARM := $(if $(IS_ARM),,$(QEMU_ARM) -L $(SYSROOT_ARM))

# ThreadSanitizer has no room where addresses are drawn from too many.
FIXED := $(shell setarch -R true 2>/dev/null && echo setarch -R)

.PHONY: check-cpu check-cpu-team check-cpu-arm record-cpu-bits
check-cpu: $(CHECK_ISAS:%=check-cpu-%) $(if $(IS_ARM),,check-cpu-team) check-cpu-arm
	@for isa in v3 v4; do \
	  case " $(CHECK_ISAS) " in *" $$isa "*) ;; *) echo "NOT CHECKED: the processor has no x86-64-$$isa" >&2 ;; esac; \
	done

check-cpu-%: $(CHECK)/%/cpu-check $(CHECK)/%/cpu-check-sanitized $(CHECK)/%/cpu-bits cpu/test/bits.txt
	$(CHECK)/$*/cpu-check-sanitized $(CHECK_ROUNDS_SANITIZED)
	$(CHECK)/$*/cpu-check $(CHECK_ROUNDS)
	$(CHECK)/$*/cpu-bits check cpu/test/bits.txt

check-cpu-arm: $(if $(HAS_ARM),$(CHECK)/neon/cpu-check $(CHECK)/neon/cpu-bits) cpu/test/bits.txt
ifneq ($(HAS_ARM),)
	$(RUN_ARM) $(CHECK)/neon/cpu-check $(CHECK_ROUNDS_ARM)
ifneq ($(IS_ARM),)
	$(CHECK)/neon/cpu-bits check cpu/test/bits.txt
else
	$(RUN_ARM) $(CHECK)/neon/cpu-bits check cpu/test/bits.txt $(BITS_ARM_BY_ONE)
	$(RUN_ARM) $(CHECK)/neon/cpu-bits check cpu/test/bits.txt $(BITS_ARM_BY_MORE)
endif
else
	@echo "NOT CHECKED FOR ARM: there is no $(CXX_ARM) or no $(QEMU_ARM) on this machine" >&2
endif

# The team as it is, the model's use of it, and the same with faults that have to be found: a race shows by chance, and on
# a busy machine not in every run.
check-cpu-team: $(CHECK)/team $(CHECK)/team-with-lax-barrier $(CHECK)/team-with-lax-claims $(CHECK)/threads/cpu-check
	$(FIXED) $(CHECK)/team
	$(FIXED) $(CHECK)/threads/cpu-check 5
	@for planted in barrier claims; do \
	  runs=0; \
	  while $(FIXED) $(CHECK)/team-with-lax-$$planted >$(CHECK)/planted.txt 2>&1; do \
	    runs=$$((runs + 1)); \
	    if [ $$runs -eq 20 ]; then \
	      echo "the fault planted in the team's $$planted was not found" >&2; exit 1; \
	    fi; \
	  done; \
	done

record-cpu-bits: $(CHECK)/v3/cpu-bits
	$(CHECK)/v3/cpu-bits >cpu/test/bits.txt

# Programs.

CHECK_OBJECTS := $(CHECK_SOURCES:%=$(CHECK)/host/%.o)
CHECK_OBJECTS_ARM := $(CHECK_SOURCES:%=$(CHECK)/neon/%.o)

$(CHECK_ISAS:%=$(CHECK)/%/cpu-check-sanitized): $(CHECK)/%/cpu-check-sanitized: $(CHECK)/%/functions_check.o $(CHECK)/%/model.o $(CHECK_OBJECTS)
	$(CXX) $(ADDRESS) -pthread -o $@ $^

$(CHECK_ISAS:%=$(CHECK)/%/cpu-check): $(CHECK)/%/cpu-check: $(CHECK)/%/functions_check.o $(CHECK_OBJECTS) $(RESOURCES)/libcvae-cpu-%.so
	$(CXX) -pthread -o $@ $^ -Wl,-rpath,$(abspath $(RESOURCES))

$(CHECK_ISAS:%=$(CHECK)/%/cpu-bits): $(CHECK)/%/cpu-bits: $(CHECK)/host/digest.o $(CHECK)/host/subject.o $(RESOURCES)/libcvae-cpu-%.so
	@mkdir -p $(@D)
	$(CXX) -pthread -o $@ $^ -Wl,-rpath,$(abspath $(RESOURCES))

$(CHECK)/threads/cpu-check: $(CHECK)/v3/functions_check.o $(CHECK)/threads/model.o $(CHECK_OBJECTS)
	$(CXX) -fsanitize=thread -pthread -o $@ $^

$(CHECK)/neon/cpu-check: $(CHECK)/neon/functions_check.o $(CHECK_OBJECTS_ARM) $(FOREIGN)/linux-arm64/libcvae-cpu-neon.so
	$(CXX_ARM) -pthread -o $@ $^ -Wl,-rpath,$(abspath $(FOREIGN)/linux-arm64)

$(CHECK)/neon/cpu-bits: $(CHECK)/neon/digest.o $(CHECK)/neon/subject.o $(FOREIGN)/linux-arm64/libcvae-cpu-neon.so
	$(CXX_ARM) -pthread -o $@ $^ -Wl,-rpath,$(abspath $(FOREIGN)/linux-arm64)

# Objects.

$(CHECK)/host/%.o: cpu/test/%.cpp $(CHECK_HEADERS) cpu/test/check.mk
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS_CHECK) -O2 -c -o $@ $<

$(CHECK)/neon/%.o: cpu/test/%.cpp $(CHECK_HEADERS) cpu/test/check.mk
	@mkdir -p $(@D)
	$(CXX_ARM) $(CXXFLAGS_CHECK) -O2 -march=armv8-a -c -o $@ $<

$(CHECK)/v%/functions_check.o: cpu/test/functions_check.cpp $(CHECK_HEADERS) cpu/test/check.mk
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS_SANITIZED) -march=x86-64-v$* -c -o $@ $<

$(CHECK)/v%/model.o: cpu/model.cpp $(CHECK_HEADERS) cpu/test/check.mk
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS_SANITIZED) $(ADDRESS) -march=x86-64-v$* -c -o $@ $<

$(CHECK)/threads/model.o: cpu/model.cpp $(CHECK_HEADERS) cpu/test/check.mk
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS_SANITIZED) -fsanitize=thread -march=x86-64-v3 -c -o $@ $<

# The team alone.

TEAM_CHECK := $(CXX) $(CXXFLAGS_CHECK) -O1 -fsanitize=thread -march=x86-64-v3

$(CHECK)/team: cpu/test/team_check.cpp $(CHECK_HEADERS) cpu/test/check.mk
	@mkdir -p $(@D)
	$(TEAM_CHECK) -Icpu -o $@ $<

$(CHECK)/team-with-lax-barrier: PLANTED := s/memory_order_acq_rel/memory_order_relaxed/
# What two threads may take at the same time.
$(CHECK)/team-with-lax-claims: PLANTED := s/next.fetch_add(1, .*)/next.load(); next.store(taken + 1)/

$(CHECK)/team-with-lax-%: cpu/test/team_check.cpp $(CHECK_HEADERS) cpu/test/check.mk
	@mkdir -p $(CHECK)/lax-$*
	sed '$(PLANTED)' cpu/team.h >$(CHECK)/lax-$*/team.h
	@if cmp -s cpu/team.h $(CHECK)/lax-$*/team.h; then echo "there is nothing to plant a fault in" >&2; exit 1; fi
	$(TEAM_CHECK) -I$(CHECK)/lax-$* -Icpu -o $@ $<
