// causes.def: every text has a cause, the facts decide between several.
#include "diag/cause.h"

#include <gtest/gtest.h>

namespace skep::diag {
namespace {

TEST(Causes, EveryKindHasOne) {
  for (size_t i = 0; i < size_t(Kind::kCount); ++i)
    EXPECT_NE(find_cause(kind_row(Kind(i)).code), nullptr) << kind_row(Kind(i)).name;
}

TEST(Causes, EveryCodeHasAnAreaAndATitle) {
  for (const CauseRow& row : causes()) {
    EXPECT_FALSE(area_of(row.code).empty()) << row.code;
    EXPECT_FALSE(row.title.empty() || row.title.ends_with('.')) << row.code;
  }
  EXPECT_EQ(area_of("E0203"), "Bounds of memory");
  EXPECT_EQ(area_of("E9901"), "");
}

TEST(Causes, CodesStayAsTheyAre) {
  EXPECT_EQ(cause_of(Kind::RegNotReadable).code, "E0104");
  EXPECT_EQ(cause_of(Kind::UnboundedMemAccess).code, "E0203");
  EXPECT_EQ(cause_of(Kind::GlobalFuncNotScalar).code, "E1301");
  EXPECT_EQ(find_cause("E0203")->title, "an index has no upper bound");
  EXPECT_EQ(find_cause("E9999"), nullptr);
  EXPECT_EQ(find_cause(""), nullptr);
}

TEST(Causes, FactsTellThemApart) {
  EXPECT_EQ(cause_of(make_rejection(InvalidMemAccess{}, 0, "map_value_or_null")).code, "E0101");
  EXPECT_EQ(cause_of(make_rejection(InvalidMemAccess{}, 0, "rcu_ptr_or_null_task_struct")).code, "E0101");
  EXPECT_EQ(cause_of(make_rejection(InvalidMemAccess{}, 0, "scalar")).code, "E0102");
  EXPECT_EQ(cause_of(make_rejection(InvalidMemAccess{}, 0, "pkt_end")).code, "E0103");
  EXPECT_EQ(cause_of(make_rejection(InvalidFunc{}, "unknown", 195896080)).code, "E2301");
  EXPECT_EQ(cause_of(make_rejection(InvalidFunc{}, "unknown", 2001000007)).code, "E2304");
  EXPECT_EQ(cause_of(make_rejection(InvalidFunc{}, "unknown", 4711)).code, "E0803");
}

TEST(Causes, ByFactNamesFieldsThatAreThere){
#define SKEP_CAUSE_BY_FACT(kind, field, pattern, code)                               \
  {                                                                                  \
    const auto names = field_names(Kind::kind);                                      \
    EXPECT_NE(std::find(names.begin(), names.end(), field), names.end()) << pattern; \
  }
#include "diag/causes_by_fact.def"
#undef SKEP_CAUSE_BY_FACT
}

TEST(Glob, StarsStandForAnything) {
  EXPECT_TRUE(matches_glob("map_value_or_null", "*_or_null*"));
  EXPECT_TRUE(matches_glob("", "*"));
  EXPECT_TRUE(matches_glob("scalar", "scalar"));
  EXPECT_FALSE(matches_glob("scalars", "scalar"));
  EXPECT_FALSE(matches_glob("2001", "2001000*"));
}

}  // namespace
}  // namespace skep::diag
