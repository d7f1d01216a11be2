// What chains are made of but for the ops, and what carries them out.
#include "chain.h"
#include "element_types.h"

namespace {

template <class T>
void load_link(GT_LINK_PARAMETERS) noexcept {
  const T* const p = operand_of<T>(link, at);
  GT_LINK_EACH(load(p + i))
  GT_LINK_NEXT;
}
template <class T>
void load_scalar_link(GT_LINK_PARAMETERS) noexcept {
  const Vec<T> one = splat(*operand_of<T>(link, at));
  GT_LINK_EACH(one)
  GT_LINK_NEXT;
}
template <class T>
void store_link(GT_LINK_PARAMETERS) noexcept {
  T* const p = operand_of<T>(link, at);
  GT_LINK_EACH((store(p + i, v), v))
  GT_LINK_NEXT;
}
template <class T>
void end_link(const ChainLink*, int64_t, Vec<T>, Vec<T>, Vec<T>, Vec<T>, Vec<T>, Vec<T>, Vec<T>,
              Vec<T>) noexcept {}

template <class T>
void run(const ChainLink* links, int64_t from, int64_t to) noexcept {
  const LinkOf<T> first = reinterpret_cast<LinkOf<T>>(links->fn);
  const Vec<T> none = {};
  for (int64_t at = from; at < to; at += GT_VEC_BYTES * kBlockVectors) {
    first(links, at, none, none, none, none, none, none, none, none);
  }
}

template <class T>
gradtape::ChainKernels chain() {
  return {GT_VEC_BYTES * kBlockVectors, link_fn<T>(&load_link<T>), link_fn<T>(&load_scalar_link<T>),
          link_fn<T>(&store_link<T>),   link_fn<T>(&end_link<T>),  &run<T>};
}

}  // namespace

void GT_EXPORT(chain)(gradtape::KernelTable& table) {
  table.chain = by_dtype<gradtape::ChainKernels>([]<class T>() -> gradtape::ChainKernels {
    if constexpr (is_real<T>) {
      return chain<T>();
    } else {
      return {};
    }
  });
}
