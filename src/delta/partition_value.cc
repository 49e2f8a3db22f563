#include "delta/partition_value.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/ascii_case.h"
#include "delta/calendar.h"
#include "delta/utf8.h"

namespace lakehold::delta {

namespace {

std::optional<bool> ParseBoolean(std::string_view text) {
  if (SameIgnoringCase(text, "true")) return true;
  if (SameIgnoringCase(text, "false")) return false;
  return std::nullopt;
}

template <typename Integer>
std::optional<int64_t> ParseInteger(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename Float>
std::optional<double> ParseFloat(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  // from_chars takes the words NaN, Infinity and inf in any case, and never asks the locale.
  Float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<double>(value);
}

// Decimal text split at the point and the exponent (java.math.BigDecimal prints zero at scale 18 as
// "0E-18").
struct DecimalText {
  bool negative = false;
  std::string digits;  // Without point and leading zeros.
  int64_t scale = 0;   // Digits behind the point; negative after a positive exponent.
};

std::optional<DecimalText> SplitDecimal(std::string_view text) {
  DecimalText split;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    split.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  bool point = false;
  bool any = false;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (point) ++split.scale;
      if (c != '0' || !split.digits.empty()) split.digits += c;
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  if (i == text.size()) return split;
  if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
  const auto exponent = ParseInteger<int16_t>(text.substr(i + 1));
  if (!exponent) return std::nullopt;
  split.scale -= *exponent;
  return split;
}

std::optional<Int128> ParseDecimal(std::string_view text, const DataType& type) {
  auto split = SplitDecimal(text);
  if (!split) return std::nullopt;
  std::string& digits = split->digits;
  if (digits.empty()) return Int128{0};
  // Digits beyond the column's scale must be zeros; missing ones are added.
  for (; split->scale > type.scale; --split->scale) {
    if (digits.empty() || digits.back() != '0') return std::nullopt;
    digits.pop_back();
  }
  if (digits.size() + static_cast<size_t>(type.scale - split->scale) > type.precision)
    return std::nullopt;
  digits.append(static_cast<size_t>(type.scale - split->scale), '0');
  Int128 value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return split->negative ? -value : value;
}

// Whether a timestamp's text says more than microseconds can hold.
bool HasNanoseconds(std::string_view text) {
  const size_t point = text.find('.');
  if (point == std::string_view::npos) return false;
  std::string_view digits = text.substr(point + 1);
  digits = digits.substr(0, digits.find_first_not_of("0123456789"));
  return digits.size() > 6 && digits.substr(6).find_first_not_of('0') != std::string_view::npos;
}

std::optional<Scalar> ParseMoment(std::string_view text, ZoneText zone) {
  const auto micros = HasNanoseconds(text) ? std::nullopt : ParseTimestamp(text, zone);
  return micros ? std::optional<Scalar>(*micros) : std::nullopt;
}

template <typename T>
std::optional<Scalar> ToScalar(std::optional<T> value) {
  if (!value) return std::nullopt;
  return Scalar(std::move(*value));
}

std::optional<Scalar> ParseText(std::string_view text, const DataType& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return ToScalar(ParseBoolean(text));
    case TypeKind::kByte:
      return ToScalar(ParseInteger<int8_t>(text));
    case TypeKind::kShort:
      return ToScalar(ParseInteger<int16_t>(text));
    case TypeKind::kInteger:
      return ToScalar(ParseInteger<int32_t>(text));
    case TypeKind::kLong:
      return ToScalar(ParseInteger<int64_t>(text));
    case TypeKind::kFloat:
      return ToScalar(ParseFloat<float>(text));
    case TypeKind::kDouble:
      return ToScalar(ParseFloat<double>(text));
    case TypeKind::kDecimal:
      return ToScalar(ParseDecimal(text, type));
    case TypeKind::kDate:
      return ToScalar(ParseDate(text));
    case TypeKind::kTimestamp:
      return ParseMoment(text, ZoneText::kAllowed);
    case TypeKind::kTimestampNtz:
      return ParseMoment(text, ZoneText::kForbidden);
    case TypeKind::kString:
    case TypeKind::kBinary:
    case TypeKind::kUnknown:
      return Scalar(std::string(text));  // Spark writes the raw bytes as text.
    default:
      return std::nullopt;
  }
}

bool CanPartition(const DataType& type) {
  return !type.nested() && type.kind != TypeKind::kVariant;
}

Error WrongType(const DataType& type) {
  return Unsupported("delta.unsupported_partition_type",
                     fmt::format("a column of type {} cannot partition a table", FormatType(type)),
                     "partition by a column of a primitive type");
}

Result<std::optional<std::string>> FormatBytes(const std::string& bytes, const DataType& type) {
  if (bytes.empty()) {
    return Invalid(
        "delta.empty_partition_value",
        fmt::format("an empty {} cannot be a partition value: it would read back as NULL",
                    FormatType(type)),
        "write NULL, or another value, into the partition column");
  }
  if (!IsUtf8(bytes)) {
    return Invalid("delta.bad_partition_value",
                   fmt::format("{} is not UTF-8: the log cannot hold it as a partition value",
                               FormatScalar(Scalar(bytes), DataType{.kind = TypeKind::kBinary})),
                   "partition by another column, or by its hexadecimal text");
  }
  return std::optional<std::string>(bytes);
}

}  // namespace

Result<Scalar> ParsePartitionValue(std::optional<std::string_view> text, const DataType& type) {
  if (!CanPartition(type)) return WrongType(type);
  if (!text || text->empty()) return Scalar();
  if (auto value = ParseText(*text, type)) return std::move(*value);
  return Corrupt("delta.bad_partition_value",
                 fmt::format("the partition value \"{}\" is not a {}", *text, FormatType(type)));
}

Result<std::optional<std::string>> FormatPartitionValue(const Scalar& value, const DataType& type) {
  if (!CanPartition(type)) return WrongType(type);
  if (IsNull(value)) return std::optional<std::string>();
  if (const auto* bytes = std::get_if<std::string>(&value)) return FormatBytes(*bytes, type);
  return std::optional<std::string>(FormatScalar(value, type));
}

}  // namespace lakehold::delta
