#include "program/run.h"

#include <algorithm>

#include "runtime/dispatch/dispatch.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

/// Reads the numbers of a group and records the first error.
class Numbers {
 public:
  Numbers(const double* numbers, int count) : numbers_(numbers), count_(count) {}

  int64_t index(int slot, int64_t limit, const char* what) {
    const double v = slot < count_ ? numbers_[slot] : 0;
    if (is_count(v, static_cast<double>(limit - 1))) return static_cast<int64_t>(v);
    if (error == nullptr) error = what;
    return 0;
  }
  int small(int slot, int limit, const char* what) { return static_cast<int>(index(slot, limit, what)); }
  double at(int slot) const { return slot < count_ ? numbers_[slot] : 0; }

  const char* error = nullptr;

 private:
  const double* numbers_;
  int count_;
};

constexpr int64_t kIntegers = int64_t{1} << 53;
constexpr int64_t kHeader = 6;

/// Whether the rows of a run can be split evenly among the threads.
bool pays(const RowRun& run) {
  const int64_t threads = num_threads(), units = (run.rows + run.align - 1) / run.align;
  return threads > 1 && (units % threads == 0 || units >= 4 * threads);
}

}  // namespace

std::shared_ptr<const Program> Program::load(const StepTable& steps, const double* words, int64_t count,
                                             int64_t storages, int64_t scalars, const char** error) {
  auto program = std::make_shared<Program>();
  program->steps_ = steps;
  program->words_.assign(words, words + count);
  program->needs_.assign(static_cast<size_t>(storages), Need{0, 1});
  program->scalars_ = scalars;
  TilePlans plans;
  for (int64_t at = 0; at < count;) {
    *error = program->add(at, &at, &plans);
    if (*error != nullptr) return nullptr;
  }
  RowRuns runs;
  for (Instruction& i : program->instructions_) i.chunks = runs.add(program->form_of(i));
  program->runs_ = runs.finish();
  return program;
}

const char* Program::add(int64_t at, int64_t* next, TilePlans* plans) {
  const int64_t left = word_count() - at;
  const double* w = words_.data() + at;
  if (left < kHeader || !is_count(w[0], steps_.count - 1) || !is_count(w[1], kMaxBuffers) ||
      !is_count(w[2], kArgumentSlots) || !is_count(w[3], kArgumentSlots) ||
      !is_count(w[4], kArgumentSlots - w[3]) || !is_count(w[5], static_cast<double>(scalars_) - w[4])) {
    return "an instruction of the program is damaged";
  }
  Instruction i = {};
  i.word = at;
  i.entry = static_cast<int>(w[0]);
  if (!steps_.is_step(steps_.entries, i.entry)) return "an entry cannot be an instruction of a program";
  i.place_count = static_cast<int>(w[1]);
  i.number_count = static_cast<int>(w[2]);
  i.scalar_slot = static_cast<int>(w[3]);
  i.scalar_count = static_cast<int>(w[4]);
  i.scalar_at = static_cast<int64_t>(w[5]);
  i.numbers = at + kHeader + 3 * i.place_count;
  i.places = static_cast<int64_t>(places_.size());
  i.group = -1;
  *next = i.numbers + i.number_count;
  if (*next > word_count()) return "an instruction of the program is truncated";
  for (int k = 0; k < i.place_count; k++) {
    const double* b = w + kHeader + 3 * k;
    constexpr double most = static_cast<double>(kIntegers);
    if (!is_count(b[0], static_cast<double>(storage_count() - 1)) || !is_count(b[1], most) ||
        !is_count(b[2], most)) {
      return "an instruction of the program names no storage";
    }
    const Place place = {static_cast<int64_t>(b[0]), static_cast<int64_t>(b[1]), static_cast<int64_t>(b[2])};
    Need& need = needs_[static_cast<size_t>(place.storage)];
    need.bytes = std::max(need.bytes, place.offset + place.bytes);
    places_.push_back(place);
  }
  if (i.entry == steps_.group) {
    if (i.scalar_count > 0) return "a group cannot use runtime scalars";
    i.group = static_cast<int64_t>(groups_.size());
    if (const char* why = add_group(i, plans)) return why;
  }
  instructions_.push_back(i);
  return nullptr;
}

/// The numbers of a group: rows, columns, the numbers of values, steps and strides; for each value its space,
/// dtype, buffer (−1: within a tile only) and byte offset; for each step its kind, op, dtype, result and
/// three operands; for each value that is a block of a wider matrix its index and its row stride in elements.
const char* Program::add_group(const Instruction& i, TilePlans* plans) {
  Numbers n(words_.data() + i.numbers, i.number_count);
  TileGroup g = {};
  g.rows = n.index(0, kIntegers, "the size of a group is invalid");
  g.columns = n.index(1, kIntegers, "the size of a group is invalid");
  g.value_count = n.small(2, kMaxTileValues + 1, "a group has too many values");
  g.step_count = n.small(3, kMaxTileSteps + 1, "a group has too many steps");
  int64_t size = 0;
  if (__builtin_mul_overflow(g.rows, g.columns, &size)) return "the size of a group is invalid";
  auto group = std::make_unique<Group>();
  const int stride_count = n.small(4, kMaxTileValues + 1, "a group has too many strides");
  constexpr int kGroupHeader = 5;
  const int strides = kGroupHeader + 4 * g.value_count + 7 * g.step_count;
  for (int k = 0; k < stride_count; k++) {
    const int v = n.small(strides + 2 * k, g.value_count, "no such value");
    g.values[v].stride = n.index(strides + 2 * k + 1, kIntegers, "no such stride");
  }
  if (n.error != nullptr) return n.error;
  int slot = kGroupHeader;
  for (int v = 0; v < g.value_count; v++, slot += 4) {
    TileValue& value = g.values[v];
    value.space = static_cast<TileSpace>(n.small(slot, static_cast<int>(TileSpace::kCount), "no such space"));
    value.dtype = n.small(slot + 1, kDTypes, "no such dtype");
    value.buffer = n.at(slot + 2) != -1;
    if (!value.buffer) continue;
    const int64_t buffer = n.index(slot + 2, i.place_count, "no such buffer");
    const int64_t offset = n.index(slot + 3, kIntegers, "no such offset");
    if (n.error != nullptr) return n.error;
    const Place& place = places_[static_cast<size_t>(i.places + buffer)];
    const int64_t bytes = dtype_size(value.dtype);
    int64_t needed = g.reach_of(value);
    if (needed < 0 || __builtin_mul_overflow(needed, bytes, &needed) || offset > place.bytes ||
        needed > place.bytes - offset || (place.offset + offset) % bytes != 0) {
      return "a value of a group lies outside its buffer";
    }
    Need& need = needs_[static_cast<size_t>(place.storage)];
    need.align = std::max(need.align, static_cast<uintptr_t>(bytes));
    group->buffers.push_back({v, place.storage, place.offset + offset});
  }
  for (int k = 0; k < g.step_count; k++, slot += 7) {
    TileStep& step = g.steps[k];
    step.kind = static_cast<TileOp>(n.small(slot, static_cast<int>(TileOp::kCount), "no such step"));
    step.op = n.small(slot + 1, 1 << 16, "no such op");
    step.dtype = n.small(slot + 2, kDTypes, "no such dtype");
    step.out = n.small(slot + 3, g.value_count, "no such value");
    for (int o = 0; o < 3; o++) step.in[o] = n.small(slot + 4 + o, g.value_count, "no such value");
  }
  if (n.error != nullptr) return n.error;
  if (size > 0) {
    if (const char* why = check_overlap(g, group.get())) return why;
    std::vector<double> key;
    for (int k = 0; k < strides + 2 * stride_count; k++) key.push_back(n.at(k));
    for (int v = 0; v < g.value_count; v++) {
      double* const place = &key[static_cast<size_t>(kGroupHeader + 4 * v + 2)];
      place[0] = g.values[v].buffer, place[1] = 0;
    }
    std::shared_ptr<const TilePlan>& plan = (*plans)[key];
    if (plan == nullptr) {
      if (const char* why = check_tiles(kernels(), g)) return why;
      auto made = std::make_shared<TilePlan>();
      plan_tiles(kernels(), g, made.get());
      plan = std::move(made);
    }
    group->plan = plan;
  }
  groups_.push_back(std::move(group));
  return nullptr;
}

bool Program::Apart::holds(int64_t written_at, int64_t other_at) const {
  if (written_at + written_bytes <= other_at || other_at + other_bytes <= written_at) return true;
  if (written_at == other_at) return same;
  if (pitch == 0) return false;
  // Both are blocks of the same matrix.
  const int64_t between = ((other_at - written_at) % pitch + pitch) % pitch;
  return between >= written_row && between + other_row <= pitch;
}

const char* Program::check_overlap(const TileGroup& g, Group* group) const {
  // For each value: the step that first writes it, and the last one that reads it.
  int written[kMaxTileValues], read[kMaxTileValues];
  for (int v = 0; v < g.value_count; v++) written[v] = g.step_count, read[v] = -1;
  for (int s = g.step_count - 1; s >= 0; s--) {
    const TileStep& step = g.steps[s];
    written[step.out] = s;
    // The input of a reduction down columns is read again after the next rows.
    const int reads = is_column_step(g, step) ? g.step_count : s;
    for (int k = 0; k < step.operands(); k++) read[step.in[k]] = std::max(read[step.in[k]], reads);
  }
  for (const TileBuffer& w : group->buffers) {
    if (written[w.value] == g.step_count) continue;
    for (const TileBuffer& o : group->buffers) {
      const bool both = written[o.value] < g.step_count;
      if (o.value == w.value || (both && o.value < w.value)) continue;
      const TileValue &to = g.values[w.value], &from = g.values[o.value];
      // Elementwise, and each element is read before or by the step that overwrites it.
      const bool same = !both && to.space == TileSpace::kFull && from.space == TileSpace::kFull &&
                        to.bytes() == from.bytes() && to.stride == from.stride &&
                        read[o.value] <= written[w.value];
      const int64_t pitch = to.stride * to.bytes();
      const bool blocks = from.space == TileSpace::kFull && from.stride * from.bytes() == pitch;
      const Apart pair = {w,
                          o,
                          g.reach_of(to) * to.bytes(),
                          g.reach_of(from) * from.bytes(),
                          same,
                          blocks ? pitch : 0,
                          g.columns * to.bytes(),
                          g.columns * from.bytes()};
      if (w.storage == o.storage) {
        if (!pair.holds(w.offset, o.offset)) return kOverlap;
      } else if (w.storage != kArena && o.storage != kArena) {
        group->apart.push_back(pair);
      }
    }
  }
  return nullptr;
}

RowForm Program::form_of(const Instruction& i) const {
  RowForm form;
  if (i.scalar_count > 0) return form;
  if (i.group >= 0) {
    const Group& group = *groups_[static_cast<size_t>(i.group)];
    return group.plan == nullptr ? form : group_rows(*group.plan, group.buffers);
  }
  if (steps_.has_rows == nullptr || !steps_.has_rows(steps_.entries, i.entry)) return form;
  Range ranges[kMaxBuffers];
  const Place* places = places_.data() + i.places;
  for (int k = 0; k < i.place_count; k++) ranges[k] = {nullptr, places[k].bytes};
  ProgramStep step = {words_.data() + i.numbers, i.number_count, ranges, i.place_count, -1, nullptr, &form};
  steps_.run(steps_.entries, i.entry, &step);
  for (RowUse& use : form.uses) {
    const Place& place = places[use.buffer];
    use.buffer = place.storage, use.offset += place.offset;
  }
  return form;
}

Range Program::storage(int64_t i, void* buffer, size_t length, double offset, const char** error) const {
  const Need& need = needs_[static_cast<size_t>(i)];
  if (!is_count(offset, static_cast<double>(length)) ||
      need.bytes > static_cast<int64_t>(length) - static_cast<int64_t>(offset)) {
    *error = "a tensor of the program lies outside its storage (was it detached or disposed?)";
    return {};
  }
  char* data = static_cast<char*>(buffer) + static_cast<int64_t>(offset);
  if ((reinterpret_cast<uintptr_t>(data) & (need.align - 1)) != 0) {
    *error = "a tensor of the program is not aligned to its element size";
    return {};
  }
  return {data, need.bytes};
}

ProgramResult Program::run(const Range* storages, const double* scalars, int64_t from, int64_t to,
                           const std::atomic<bool>* cancelled) const {
  size_t at = 0;
  if (from > 0) {
    at = static_cast<size_t>(std::lower_bound(instructions_.begin(), instructions_.end(), from,
                                              [](const Instruction& i, int64_t w) { return i.word < w; }) -
                             instructions_.begin());
  }
  auto run = std::lower_bound(runs_.begin(), runs_.end(), at,
                              [](const RowRun& r, size_t first) { return r.first < first; });
  for (; at < instructions_.size() && instructions_[at].word < to; at++) {
    const Instruction& i = instructions_[at];
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) return {i.word, kCancelled};
    if (run != runs_.end() && run->first == at) {
      const RowRun& here = *run++;
      if (instructions_[here.end - 1].word < to && pays(here)) {
        const ProgramResult done = run_together(here, storages);
        if (done.error != nullptr) return done;
        at = here.end - 1;
        continue;
      }
    }
    double result = -1;
    const char* error = run_one(i, storages, scalars, &result);
    if (error != nullptr || result != -1) return {i.word, error};
  }
  return {-1, nullptr};
}

ProgramResult Program::run_together(const RowRun& run, const Range* storages) const {
  std::atomic<const Instruction*> failed = nullptr;
  std::atomic<const char*> error = nullptr;
  parallel_for_grains(
      run.rows, run.grains,
      [&](int64_t begin, int64_t end) {
        for (size_t i = run.first; i < run.end; i++) {
          const char* why = run_rows(instructions_[i], storages, begin, end);
          if (why == nullptr) continue;
          failed = &instructions_[i];
          error = why;
          return;
        }
      },
      run.align);
  if (error == nullptr) return {-1, nullptr};
  return {failed.load()->word, error};
}

const char* Program::run_rows(const Instruction& i, const Range* storages, int64_t begin, int64_t end) const {
  if (i.group >= 0) {
    const Group& group = *groups_[static_cast<size_t>(i.group)];
    char* buffers[kMaxTileValues];
    if (const char* why = locate(group, storages, buffers)) return why;
    const bool done = run_chunks(kernels(), *group.plan, buffers, i.chunks.at(begin), i.chunks.at(end));
    return done ? nullptr : kNoMemory;
  }
  Range ranges[kMaxBuffers];
  place_buffers(i, storages, ranges);
  ProgramStep step = {
      words_.data() + i.numbers, i.number_count, ranges, i.place_count, -1, nullptr, nullptr, begin, end};
  steps_.run(steps_.entries, i.entry, &step);
  return step.error;
}

const char* Program::locate(const Group& group, const Range* storages, char** buffers) {
  const auto address = [&](const TileBuffer& b) { return storages[b.storage].data + b.offset; };
  for (const Apart& pair : group.apart) {
    if (!pair.holds(reinterpret_cast<intptr_t>(address(pair.written)),
                    reinterpret_cast<intptr_t>(address(pair.other)))) {
      return kOverlap;
    }
  }
  for (const TileBuffer& b : group.buffers) buffers[b.value] = address(b);
  return nullptr;
}

void Program::place_buffers(const Instruction& i, const Range* storages, Range* ranges) const {
  const Place* places = places_.data() + i.places;
  for (int k = 0; k < i.place_count; k++) {
    ranges[k] = {storages[places[k].storage].data + places[k].offset, places[k].bytes};
  }
}

const char* Program::run_one(const Instruction& i, const Range* storages, const double* scalars,
                             double* result) const {
  if (i.group >= 0) {
    const Group& group = *groups_[static_cast<size_t>(i.group)];
    if (group.plan == nullptr) return nullptr;
    char* buffers[kMaxTileValues];
    if (const char* why = locate(group, storages, buffers)) return why;
    return run_tiles(kernels(), *group.plan, buffers) ? nullptr : kNoMemory;
  }
  Range ranges[kMaxBuffers];
  place_buffers(i, storages, ranges);
  const double* numbers = words_.data() + i.numbers;
  int count = i.number_count;
  double own[kArgumentSlots];
  if (i.scalar_count > 0) {
    const int end = i.scalar_slot + i.scalar_count;
    std::copy(numbers, numbers + count, own);
    for (; count < end; count++) own[count] = 0;
    std::copy(scalars + i.scalar_at, scalars + i.scalar_at + i.scalar_count, own + i.scalar_slot);
    numbers = own;
  }
  ProgramStep step = {numbers, count, ranges, i.place_count, -1, nullptr};
  steps_.run(steps_.entries, i.entry, &step);
  *result = step.result;
  return step.error;
}

}  // namespace gradtape
