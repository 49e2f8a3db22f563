#include "delta/leaf_truth.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace lakehold::delta {
namespace {

constexpr uint64_t kAll = ~uint64_t{0};

// Where the values of 64 files may lie, seen from a literal.
struct Sides {
  uint64_t below = kAll;
  uint64_t equal = kAll;
  uint64_t above = kAll;
};

// What is known of 64 files, but for their bounds.
struct WordOf {
  uint64_t has_min, has_max, null, value;
};

WordOf WordAt(const StatsWindow& window, size_t word) {
  return {window.has_min()[word], window.has_max()[word], window.may_be_null()[word],
          window.may_be_value()[word]};
}

template <typename T>
struct Bounds {
  const BoundLane<T>& lane;
  T min(size_t row) const { return lane.min[row]; }
  T max(size_t row) const { return lane.max[row]; }
};
struct TextBounds {
  const TextLane& lane;
  std::string_view min(size_t row) const { return lane.min(row); }
  std::string_view max(size_t row) const { return lane.max(row); }
};

// Bounds are never NaN, so that < is the order of all values.
template <typename Lane, typename T>
Sides SidesOf(const Lane& lane, const WordOf& known, const T& literal, size_t begin, size_t end) {
  uint64_t min_below = 0, min_at_most = 0, max_above = 0, max_at_least = 0;
  for (size_t row = begin; row < end; ++row) {
    const auto min = lane.min(row);
    const auto max = lane.max(row);
    min_below |= uint64_t{min < literal} << (row - begin);
    min_at_most |= uint64_t{min <= literal} << (row - begin);
    max_above |= uint64_t{max > literal} << (row - begin);
    max_at_least |= uint64_t{max >= literal} << (row - begin);
  }
  return {~known.has_min | min_below,
          (~known.has_min | min_at_most) & (~known.has_max | max_at_least),
          ~known.has_max | max_above};
}

// NaN lies above everything.
Sides SidesOfNan(const WordOf& known) { return {kAll, ~known.has_max, ~known.has_max}; }

void Put(TruthBits& truth, size_t word, uint64_t can_be_true, uint64_t can_be_false,
         uint64_t can_be_null) {
  truth.can_be_true[word] = can_be_true;
  truth.can_be_false[word] = can_be_false;
  truth.can_be_null[word] = can_be_null;
}

void PutCompare(CompareOp op, const Sides& sides, const WordOf& known, TruthBits& truth,
                size_t word) {
  uint64_t yes = 0, no = 0;
  switch (op) {
    case CompareOp::kEq:
    case CompareOp::kNotDistinctFrom:
      yes = sides.equal, no = sides.below | sides.above;
      break;
    case CompareOp::kNe:
    case CompareOp::kDistinctFrom:
      yes = sides.below | sides.above, no = sides.equal;
      break;
    case CompareOp::kLt:
      yes = sides.below, no = sides.equal | sides.above;
      break;
    case CompareOp::kLe:
      yes = sides.below | sides.equal, no = sides.above;
      break;
    case CompareOp::kGt:
      yes = sides.above, no = sides.below | sides.equal;
      break;
    case CompareOp::kGe:
      yes = sides.equal | sides.above, no = sides.below;
      break;
  }
  yes &= known.value;
  no &= known.value;
  if (op == CompareOp::kDistinctFrom) return Put(truth, word, yes | known.null, no, 0);
  if (op == CompareOp::kNotDistinctFrom) return Put(truth, word, yes, no | known.null, 0);
  Put(truth, word, yes, no, known.null);
}

// The literal as the lane holds values; nothing if it is of another representation.
template <typename T>
std::optional<T> LiteralAs(const Scalar& value, bool is_boolean) {
  if constexpr (std::is_same_v<T, int64_t>) {
    if (const auto* flag = std::get_if<bool>(&value))
      return is_boolean ? std::optional<T>(*flag ? 1 : 0) : std::nullopt;
    if (is_boolean) return std::nullopt;
  }
  const auto* same = std::get_if<T>(&value);
  return same != nullptr ? std::optional<T>(*same) : std::nullopt;
}

// visit(word of the truth, word of the window, first row, last row) for 64 rows at a time.
template <typename Visit>
void ForEachWord(const StatsWindow& window, size_t first, const TruthBits& truth,
                 const Visit& visit) {
  for (size_t word = 0; word < truth.words(); ++word) {
    const size_t begin = first + word * 64;
    if (begin >= window.rows()) return;
    visit(word, begin / 64, begin, std::min<size_t>(begin + 64, window.rows()));
  }
}

template <typename Lane, typename T>
void CompareLane(CompareOp op, const Lane& lane, const T& literal, const StatsWindow& window,
                 size_t first, TruthBits& truth) {
  ForEachWord(window, first, truth, [&](size_t word, size_t from, size_t begin, size_t end) {
    const WordOf known = WordAt(window, from);
    Sides sides;
    if constexpr (std::is_same_v<T, double>) {
      sides = std::isnan(literal) ? SidesOfNan(known) : SidesOf(lane, known, literal, begin, end);
    } else {
      sides = SidesOf(lane, known, literal, begin, end);
    }
    PutCompare(op, sides, known, truth, word);
  });
}

void CompareUnknown(CompareOp op, const StatsWindow& window, size_t first, TruthBits& truth) {
  ForEachWord(window, first, truth, [&](size_t word, size_t from, size_t, size_t) {
    PutCompare(op, {}, WordAt(window, from), truth, word);
  });
}

void EvaluateNullTest(bool true_if_null, const StatsWindow& window, size_t first,
                      TruthBits& truth) {
  ForEachWord(window, first, truth, [&](size_t word, size_t from, size_t, size_t) {
    const WordOf known = WordAt(window, from);
    Put(truth, word, true_if_null ? known.null : known.value,
        true_if_null ? known.value : known.null, 0);
  });
}

void EvaluateCompare(const Predicate& leaf, const StatsWindow& window, size_t first,
                     TruthBits& truth) {
  const CompareOp op = leaf.op;
  const Scalar& literal = leaf.values[0];
  if (IsNull(literal)) {
    if (op == CompareOp::kDistinctFrom || op == CompareOp::kNotDistinctFrom)
      return EvaluateNullTest(op == CompareOp::kNotDistinctFrom, window, first, truth);
    return ForEachWord(window, first, truth, [&](size_t word, size_t from, size_t, size_t) {
      const WordOf known = WordAt(window, from);
      Put(truth, word, 0, 0, known.null | known.value);
    });
  }
  std::visit(
      [&](const auto& lane) {
        using Lane = std::decay_t<decltype(lane)>;
        if constexpr (std::is_same_v<Lane, TextLane>) {
          if (const auto* text = std::get_if<std::string>(&literal))
            return CompareLane(op, TextBounds{lane}, std::string_view(*text), window, first, truth);
        } else if constexpr (!std::is_same_v<Lane, std::monostate>) {
          using T = typename decltype(lane.min)::value_type;
          if (const auto value = LiteralAs<T>(literal, window.is_boolean()))
            return CompareLane(op, Bounds<T>{lane}, *value, window, first, truth);
        }
        CompareUnknown(op, window, first, truth);
      },
      window.lane());
}

// Order with NaN above everything, for literals; bounds are never NaN.
template <typename T>
bool Below(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, double>) {
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  }
  return a < b;
}

struct InBits {
  uint64_t some = 0;  // A literal lies between the bounds.
  uint64_t only = 0;  // Both bounds are one literal.
};

template <typename Lane, typename T>
InBits MatchList(const Lane& lane, const WordOf& known, const std::vector<T>& literals,
                 size_t begin, size_t end) {
  InBits bits;
  if (literals.empty()) return bits;
  for (size_t row = begin; row < end; ++row) {
    const uint64_t bit = uint64_t{1} << (row - begin);
    const bool has_min = (known.has_min & bit) != 0, has_max = (known.has_max & bit) != 0;
    const auto at =
        has_min ? std::lower_bound(literals.begin(), literals.end(), T(lane.min(row)), Below<T>)
                : literals.begin();
    if (at == literals.end() || (has_max && Below<T>(lane.max(row), *at))) continue;
    bits.some |= bit;
    if (has_min && has_max && !Below<T>(lane.min(row), lane.max(row)) &&
        !Below<T>(lane.min(row), *at)) {
      bits.only |= bit;
    }
  }
  return bits;
}

// x IN (a, b, NULL) is x = a OR x = b OR NULL.
void PutIn(const LiteralList& list, const InBits& bits, const WordOf& known, TruthBits& truth,
           size_t word) {
  const uint64_t some = list.has_foreign() ? kAll : bits.some;
  const uint64_t yes = some & known.value;
  const uint64_t no = known.value & ~bits.only;
  if (!list.has_null()) return Put(truth, word, yes, no, known.null);
  Put(truth, word, yes, 0, known.null | no);
}

void EvaluateIn(const LiteralList& list, const StatsWindow& window, size_t first,
                TruthBits& truth) {
  if (list.empty()) return truth.Assign(truth.words(), {false, true, false});
  std::visit(
      [&](const auto& lane) {
        using Lane = std::decay_t<decltype(lane)>;
        const auto over = [&](const auto& bounds, const auto& literals) {
          ForEachWord(
              window, first, truth, [&](size_t word, size_t from, size_t begin, size_t end) {
                const WordOf known = WordAt(window, from);
                PutIn(list, MatchList(bounds, known, literals, begin, end), known, truth, word);
              });
        };
        if constexpr (std::is_same_v<Lane, TextLane>) {
          over(TextBounds{lane}, list.texts());
        } else if constexpr (std::is_same_v<Lane, BoundLane<int64_t>>) {
          over(Bounds<int64_t>{lane}, list.integers());
        } else if constexpr (std::is_same_v<Lane, BoundLane<double>>) {
          over(Bounds<double>{lane}, list.doubles());
        } else if constexpr (std::is_same_v<Lane, BoundLane<Int128>>) {
          over(Bounds<Int128>{lane}, list.decimals());
        } else {
          ForEachWord(window, first, truth, [&](size_t word, size_t from, size_t, size_t) {
            PutIn(list, {}, WordAt(window, from), truth, word);
          });
        }
      },
      window.lane());
}

void EvaluateStartsWith(const Scalar& value, const StatsWindow& window, size_t first,
                        TruthBits& truth) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr)
    return truth.Assign(truth.words(), IsNull(value) ? TruthSet{false, false, true} : TruthSet{});
  const std::string_view prefix = *text;
  const auto* lane = std::get_if<TextLane>(&window.lane());
  ForEachWord(window, first, truth, [&](size_t word, size_t from, size_t begin, size_t end) {
    const WordOf known = WordAt(window, from);
    // The strings with the prefix lie together, from the prefix itself upwards.
    uint64_t outside = 0, inside = 0;
    for (size_t row = begin; lane != nullptr && row < end; ++row) {
      const uint64_t bit = uint64_t{1} << (row - begin);
      const std::string_view head = lane->min(row).substr(0, prefix.size());
      const std::string_view max = lane->max(row);
      const bool has_min = (known.has_min & bit) != 0, has_max = (known.has_max & bit) != 0;
      if ((has_min && head > prefix) || (has_max && max < prefix)) outside |= bit;
      if (has_min && has_max && head == prefix && max.starts_with(prefix)) inside |= bit;
    }
    Put(truth, word, known.value & ~outside, known.value & ~inside, known.null);
  });
}

template <typename T>
void SortOut(std::vector<T>& literals) {
  std::sort(literals.begin(), literals.end(), Below<T>);
  literals.erase(std::unique(literals.begin(), literals.end(),
                             [](const T& a, const T& b) { return !Below(a, b) && !Below(b, a); }),
                 literals.end());
}

}  // namespace

LiteralList::LiteralList(const std::vector<Scalar>& values, const DataType& type)
    : empty_(values.empty()) {
  const StatsWindow like(type);
  for (const Scalar& value : values) {
    if (IsNull(value)) {
      has_null_ = true;
      continue;
    }
    const bool taken = std::visit(
        [&](const auto& lane) {
          using Lane = std::decay_t<decltype(lane)>;
          const auto take = [&](const auto& literal, auto& literals) {
            if (literal) literals.push_back(*literal);
            return literal.has_value();
          };
          if constexpr (std::is_same_v<Lane, TextLane>) {
            const auto* text = std::get_if<std::string>(&value);
            if (text != nullptr) texts_.push_back(*text);
            return text != nullptr;
          } else if constexpr (std::is_same_v<Lane, BoundLane<int64_t>>) {
            return take(LiteralAs<int64_t>(value, like.is_boolean()), integers_);
          } else if constexpr (std::is_same_v<Lane, BoundLane<double>>) {
            return take(LiteralAs<double>(value, false), doubles_);
          } else if constexpr (std::is_same_v<Lane, BoundLane<Int128>>) {
            return take(LiteralAs<Int128>(value, false), decimals_);
          } else {
            return false;  // Nothing is known of such columns: any literal may be among the values.
          }
        },
        like.lane());
    has_foreign_ = has_foreign_ || !taken;
  }
  SortOut(integers_);
  SortOut(doubles_);
  SortOut(decimals_);
  SortOut(texts_);
}

void EvaluateLeafOver(const Predicate& leaf, const LiteralList& list, const StatsWindow& window,
                      size_t first, TruthBits& truth) {
  truth.Assign(truth.words(), {});
  switch (leaf.kind) {
    case PredicateKind::kCompare:
      return leaf.values.empty() ? void() : EvaluateCompare(leaf, window, first, truth);
    case PredicateKind::kIn:
      return EvaluateIn(list, window, first, truth);
    case PredicateKind::kIsNull:
      return EvaluateNullTest(true, window, first, truth);
    case PredicateKind::kIsNotNull:
      return EvaluateNullTest(false, window, first, truth);
    case PredicateKind::kStartsWith:
      return leaf.values.empty() ? void()
                                 : EvaluateStartsWith(leaf.values[0], window, first, truth);
    default:
      return;
  }
}

}  // namespace lakehold::delta
