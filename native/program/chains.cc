#include "chains.h"

#include <utility>

namespace gradtape {

namespace {

bool is_one(const TileGroup& g, const TileCut& c, int value) {
  const TileSpace space = g.values[value].space;
  return space == TileSpace::kScalar || (space == TileSpace::kPerRow && c.tile_rows == 1);
}

/// The step before `step` that makes a value; −1 where it comes from outside.
int maker_of(const TileGroup& g, int value, int step) {
  for (int s = step - 1; s >= 0; s--) {
    if (g.steps[s].out == value) return s;
  }
  return -1;
}

bool is_column_step(const TileGroup& g, int step) {
  return g.steps[step].kind == TileOp::kReduce && g.values[g.steps[step].out].space == TileSpace::kPerColumn;
}

/// Finds the chain that begins at a step, and writes its links.
class Maker {
 public:
  Maker(const KernelTable& table, const TileGroup& g, const TileCut& c) : table_(table), g_(g), c_(c) {}

  /// False where there is none of two steps or more.
  bool make(int first, Chain* chain) {
    chain_ = chain;
    *chain = {};
    chain->first = chain->end = first;
    chain->dtype = g_.steps[first].dtype;
    int steps = 0;
    while (chain->end < g_.step_count && joins(chain->end)) steps += !is_column_step(g_, chain->end++);
    if (steps < 2) return false;
    const auto count = static_cast<size_t>(g_.step_count);
    stored_.assign(count, false);
    // The first time finds out what is read when it is no longer in registers.
    for (int round = 0; round < 2; round++) {
      chain->places.clear(), chain->links.clear(), chain->rest.clear(), chain->uses.clear();
      kept_ = {-1, -1};
      for (int s = first; s < chain->end; s++) write(s);
    }
    link(table_.chain[chain->dtype].end, -1);
    for (const ChainUse& use : chain->uses) finish(use);
    return true;
  }

 private:
  /// A value as a step made it, or as it came from outside.
  struct Source {
    int value, maker;
    bool operator==(const Source&) const = default;
  };

  Source source(int value, int step) const { return {value, maker_of(g_, value, step)}; }
  bool inside(int step) const { return step >= chain_->first; }

  LinkFn link_of(const TileStep& s, LinkForm form) const {
    return s.kind == TileOp::kUnary    ? table_.unary[s.op].link(s.dtype)
           : s.kind == TileOp::kBinary ? table_.binary[s.op].link(s.dtype, form)
                                       : nullptr;
  }

  bool joins(int step) const {
    const TileStep& s = g_.steps[step];
    if (is_column_step(g_, step)) return step > chain_->first;
    if (table_.chain[s.dtype].run == nullptr || s.dtype != chain_->dtype) return false;
    if (s.kind == TileOp::kReduce) {
      return table_.reduce[s.op].links[s.dtype] != nullptr &&
             c_.tile_rows * c_.tile_columns <= kReduceLinkMost &&
             (g_.values[s.out].space == TileSpace::kScalar || c_.tile_rows == 1);
    }
    if (g_.values[s.out].space != TileSpace::kFull) return false;
    for (int k = 0; k < s.operands(); k++) {
      // What a chain reduces is known after it.
      const int maker = maker_of(g_, s.in[k], step);
      if (inside(maker) && g_.steps[maker].kind == TileOp::kReduce) return false;
    }
    return link_of(s, is_one(g_, c_, s.in[1]) ? kKeptScalar : kKeptVec) != nullptr;
  }

  int place(ChainPlace wanted) {
    auto& places = chain_->places;
    for (size_t i = 0; i < places.size(); i++) {
      if (places[i].value == wanted.value && places[i].step == wanted.step) return static_cast<int>(i);
    }
    wanted.link = static_cast<int>(chain_->links.size());
    places.push_back(wanted);
    return static_cast<int>(places.size()) - 1;
  }

  /// Whether a value is read after the chain.
  bool leaves(int maker) const {
    const int value = g_.steps[maker].out;
    if (g_.values[value].buffer) return true;
    for (int s = maker + 1; s < g_.step_count; s++) {
      const TileStep& reader = g_.steps[s];
      if (s >= chain_->end || is_column_step(g_, s)) {
        for (int k = 0; k < reader.operands(); k++) {
          if (reader.in[k] == value) return true;
        }
      }
      if (reader.out == value) return false;
    }
    return false;
  }

  int place_of_result(int maker) {
    return place(
        {leaves(maker) ? ChainPlace::kWrite : ChainPlace::kSlot, g_.steps[maker].out, maker, false, 0});
  }

  /// Where a link reads a value that is not in registers.
  int operand(Source s) {
    if (!inside(s.maker)) return place({ChainPlace::kRead, s.value, -1, is_one(g_, c_, s.value), 0});
    stored_[static_cast<size_t>(s.maker)] = true;
    return place_of_result(s.maker);
  }

  void link(LinkFn fn, LinkFn rest, int place) {
    const int at = static_cast<int>(chain_->links.size());
    if (place >= 0) chain_->uses.push_back({at, place});
    chain_->links.push_back({fn, nullptr, 0});
    chain_->rest.push_back(rest);
  }
  void link(LinkFn fn, int place) { link(fn, fn, place); }

  /// How a link comes to its place.
  void finish(ChainUse use) {
    const ChainPlace& p = chain_->places[static_cast<size_t>(use.place)];
    if (p.kind == ChainPlace::kState) {
      const TileStep& s = g_.steps[p.step];
      chain_->states.push_back({use.place, p.step, table_.reduce[s.op].links[s.dtype]});
    }
    if (p.kind != ChainPlace::kRead && p.kind != ChainPlace::kWrite) {
      chain_->own.push_back(use);
      return;
    }
    if (p.one) {
      chain_->ones.push_back(use);
    } else {
      chain_->links[static_cast<size_t>(use.link)].advance = -1;
      if (p.link == use.link) (p.kind == ChainPlace::kRead ? chain_->reads : chain_->writes).push_back(use);
    }
    chain_->moves.push_back({use.link, p.value, p.kind == ChainPlace::kWrite});
  }

  void keep(Source s) {
    if (s == kept_) return;
    const ChainKernels& kernels = table_.chain[chain_->dtype];
    link(is_one(g_, c_, s.value) ? kernels.load_scalar : kernels.load, operand(s));
    kept_ = s;
  }

  void write(int step) {
    if (is_column_step(g_, step)) return;
    const TileStep& s = g_.steps[step];
    const Source a = source(s.in[0], step);
    if (s.kind == TileOp::kReduce) {
      keep(a);
      const ReduceLinks& links = *table_.reduce[s.op].links[s.dtype];
      link(links.link(true), links.link(false), place({ChainPlace::kState, s.out, step, false, 0}));
      return;
    }
    if (s.kind == TileOp::kUnary) {
      keep(a);
      link(link_of(s, kKeptVec), -1);
    } else {
      const Source b = source(s.in[1], step);
      const bool swapped = b == kept_ && !(a == kept_) && link_of(s, kVecKept) != nullptr;
      if (!swapped) keep(a);
      const Source other = swapped ? a : b;
      const bool one = is_one(g_, c_, other.value);
      const LinkForm form = swapped ? (one ? kScalarKept : kVecKept) : (one ? kKeptScalar : kKeptVec);
      link(link_of(s, form), operand(other));
    }
    kept_ = {s.out, step};
    if (stored_[static_cast<size_t>(step)] || leaves(step))
      link(table_.chain[chain_->dtype].store, place_of_result(step));
  }

  const KernelTable& table_;
  const TileGroup& g_;
  const TileCut& c_;
  Chain* chain_ = nullptr;
  Source kept_ = {-1, -1};    // what is in registers
  std::vector<bool> stored_;  // by step: its result is read when it is not in registers
};

}  // namespace

/// Blocks have the same bytes for all dtypes that there are chains for.
static constexpr int kFloat32 = static_cast<int>(DType::kFloat32);

int64_t chain_place_bytes(const KernelTable& table) {
  return table.chain[kFloat32].block_bytes + table.vector_bytes;
}

std::vector<Chain> plan_chains(const KernelTable& table, const TileGroup& g, const TileCut& c) {
  std::vector<Chain> chains;
  // Fewer than two blocks of floats are not worth what it takes to begin, nor are tiles of less than one.
  const int64_t tile = c.tile_rows * c.tile_columns, block = table.chain[kFloat32].block_bytes / 4;
  if (tile < block || g.rows * g.columns < 2 * block) return chains;
  Maker maker(table, g, c);
  for (int s = 0; s < g.step_count;) {
    Chain chain;
    if (maker.make(s, &chain)) {
      s = chain.end;
      chains.push_back(std::move(chain));
    } else {
      s++;
    }
  }
  return chains;
}

void prepare_chains(const KernelTable& table, const std::vector<Chain>& chains, ChainLinks links) {
  const int64_t bytes = chain_place_bytes(table);
  for (const Chain& chain : chains) {
    const size_t count = chain.links.size();
    for (size_t i = 0; i < count; i++) {
      links.whole[i] = chain.links[i];
      links.rest[i] = {chain.rest[i], nullptr, 0};
    }
    for (const ChainUse& use : chain.own) links.whole[use.link].p = links.own + use.place * bytes;
    for (const ChainUse& use : chain.uses) links.rest[use.link].p = links.own + use.place * bytes;
    links.whole += count, links.rest += count;
  }
}

void run_chain(const KernelTable& table, const Chain& chain, const ChainLinks& links, int64_t n) {
  const ChainKernels& kernels = table.chain[chain.dtype];
  const int64_t size = dtype_size(chain.dtype), bytes = n * size;
  const int64_t whole = bytes & -kernels.block_bytes, rest = bytes - whole;
  if (whole > 0) kernels.run(links.whole, 0, whole);
  if (rest == 0) return;
  const size_t count = chain.links.size();
  // As many as in the tile before, mostly.
  if (links.rest[count - 1].advance != rest / size) {
    for (size_t i = 0; i < count; i++) links.rest[i].advance = rest / size;
  }
  const int64_t place_bytes = chain_place_bytes(table);
  for (const ChainUse& use : chain.ones) links.rest[use.link].p = links.whole[use.link].p;
  for (const ChainUse& use : chain.reads) {
    __builtin_memcpy(links.own + use.place * place_bytes, links.whole[use.link].p + whole,
                     static_cast<size_t>(rest));
  }
  kernels.run(links.rest, 0, 1);
  for (const ChainUse& use : chain.writes) {
    __builtin_memcpy(links.whole[use.link].p + whole, links.own + use.place * place_bytes,
                     static_cast<size_t>(rest));
  }
}

}  // namespace gradtape
