#include "engine/variant_output.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/type_visitor.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"

#include "engine/convert_within.h"
#include "writer/variant_column_writer.hpp"

namespace lakehold::engine {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Vector;

LogicalType PortableVariant() {
  return LogicalType::STRUCT({{"metadata", LogicalType::BLOB}, {"value", LogicalType::BLOB}});
}

bool HoldsVariant(const LogicalType& type) {
  return duckdb::TypeVisitor::Contains(type, LogicalTypeId::VARIANT);
}

LogicalType Portable(const LogicalType& type) {
  if (!HoldsVariant(type)) return type;
  switch (type.id()) {
    case LogicalTypeId::VARIANT:
      return PortableVariant();
    case LogicalTypeId::STRUCT: {
      duckdb::child_list_t<LogicalType> children;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type))
        children.emplace_back(name, Portable(child));
      return LogicalType::STRUCT(std::move(children));
    }
    case LogicalTypeId::LIST:
      return LogicalType::LIST(Portable(duckdb::ListType::GetChildType(type)));
    case LogicalTypeId::ARRAY:
      return LogicalType::ARRAY(Portable(duckdb::ArrayType::GetChildType(type)),
                                duckdb::ArrayType::GetSize(type));
    case LogicalTypeId::MAP:
      return LogicalType::MAP(Portable(duckdb::MapType::KeyType(type)),
                              Portable(duckdb::MapType::ValueType(type)));
    default:
      throw duckdb::NotImplementedException("A VARIANT within a %s cannot leave; cast it to JSON",
                                            duckdb::EnumUtil::ToString(type.id()));
  }
}

// Arrow's form of schema metadata: a count, then keys and values, each after its length.
constexpr char kVariantExtension[] =
    "\2\0\0\0"
    "\x14\0\0\0"
    "ARROW:extension:name"
    "\x15\0\0\0"
    "arrow.parquet.variant"
    "\x18\0\0\0"
    "ARROW:extension:metadata"
    "\0\0\0\0";

void AnnotateAt(const LogicalType& type, ArrowSchema& schema) {
  if (!HoldsVariant(type)) return;
  switch (type.id()) {
    case LogicalTypeId::VARIANT:
      for (int64_t i = 0; i < schema.n_children; ++i) schema.children[i]->flags = 0;
      schema.metadata = kVariantExtension;
      return;
    case LogicalTypeId::STRUCT: {
      const auto& children = duckdb::StructType::GetChildTypes(type);
      for (size_t i = 0; i < children.size(); ++i)
        AnnotateAt(children[i].second, *schema.children[i]);
      return;
    }
    case LogicalTypeId::LIST:
      AnnotateAt(duckdb::ListType::GetChildType(type), *schema.children[0]);
      return;
    case LogicalTypeId::ARRAY:
      AnnotateAt(duckdb::ArrayType::GetChildType(type), *schema.children[0]);
      return;
    default:
      AnnotateAt(duckdb::MapType::KeyType(type), *schema.children[0]->children[0]);
      AnnotateAt(duckdb::MapType::ValueType(type), *schema.children[0]->children[1]);
  }
}

duckdb::unique_ptr<duckdb::Expression> EncodeExpression() {
  auto function = duckdb::VariantColumnWriter::GetTransformFunction();
  function.SetReturnType(PortableVariant());
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> arguments;
  arguments.push_back(
      duckdb::make_uniq<duckdb::BoundReferenceExpression>(LogicalType::VARIANT(), 0));
  return duckdb::make_uniq<duckdb::BoundFunctionExpression>(PortableVariant(), std::move(function),
                                                            std::move(arguments), nullptr);
}

}  // namespace

struct VariantOutput::Encoder {
  explicit Encoder(duckdb::ClientContext& context)
      : expression(EncodeExpression()), executor(context, *expression) {}

  // `in` is flat; `out` has room for `count` rows.
  void Encode(Vector& in, Vector& out, idx_t count) {
    auto& validity = duckdb::FlatVector::Validity(in);
    for (idx_t begin = 0; begin < count; begin += STANDARD_VECTOR_SIZE) {
      const idx_t rows = std::min<idx_t>(STANDARD_VECTOR_SIZE, count - begin);
      duckdb::DataChunk slice;
      slice.InitializeEmpty({LogicalType::VARIANT()});
      slice.data[0].Slice(in, begin, begin + rows);
      slice.SetCardinality(rows);
      Vector encoded(PortableVariant(), rows);
      executor.ExecuteExpression(slice, encoded);
      encoded.Flatten(rows);
      for (idx_t i = 0; i < rows; ++i) {
        if (!validity.RowIsValid(begin + i)) duckdb::FlatVector::SetNull(encoded, i, true);
      }
      duckdb::VectorOperations::Copy(encoded, out, rows, 0, begin);
    }
  }

  void Convert(Vector& in, Vector& out, idx_t count) {
    auto encode = [this](Vector& from, Vector& to, idx_t rows) { Encode(from, to, rows); };
    ConvertWithin(in, out, count, encode);
  }

  duckdb::unique_ptr<duckdb::Expression> expression;
  duckdb::ExpressionExecutor executor;
};

VariantOutput::VariantOutput(duckdb::ClientContext& context,
                             const duckdb::vector<LogicalType>& types)
    : from_(types) {
  for (const auto& type : from_) types_.push_back(Portable(type));
  if (std::any_of(from_.begin(), from_.end(), HoldsVariant))
    encoder_ = std::make_unique<Encoder>(context);
}

VariantOutput::~VariantOutput() = default;

duckdb::unique_ptr<duckdb::DataChunk> VariantOutput::Convert(
    duckdb::unique_ptr<duckdb::DataChunk> chunk) {
  if (!encoder_ || !chunk) return chunk;
  auto converted = duckdb::make_uniq<duckdb::DataChunk>();
  converted->Initialize(duckdb::Allocator::DefaultAllocator(), types_, chunk->size());
  for (size_t i = 0; i < types_.size(); ++i)
    encoder_->Convert(chunk->data[i], converted->data[i], chunk->size());
  converted->SetCardinality(chunk->size());
  return converted;
}

void VariantOutput::Annotate(ArrowSchema& schema) const {
  for (size_t i = 0; i < from_.size(); ++i) AnnotateAt(from_[i], *schema.children[i]);
}

}  // namespace lakehold::engine
