// What the makers of remedies share (remedies.cc has the table that says which cause is mended by which).
#pragma once

#include <algorithm>

#include <fmt/format.h>

#include "cli/remedies.h"
#include "cli/source_text.h"

namespace skep::cli {

class RemedyMaker {
 public:
  RemedyMaker(std::string_view source, const Failing& failing);
  std::vector<RemedyInSource> take() { return std::move(out_); }

  // remedies_values.cc: what a statement reads, writes, and passes
  void check_results();
  void read_a_copy();
  void fetch_again();
  void pass_a_copy();
  void initialise_variable();
  void initialise_uninitialised();
  void copy_context_array();
  void split_selection();
  void pass_context();
  void swap_arguments();
  void use_earlier_argument();
  void leave_statement_out();
  void turn_comparison();
  void subtract();
  void slice_to_write();
  void make_dynptr();
  void call_before_lock();
  void find_task_anew();
  void guard_core_field();

  // remedies_shape.cc: declarations, sections, functions, loops
  void use_other_section();
  void attach_in_other_way();
  void attach_to_allowed_function();
  void attach_to_function_like();
  void drop_const();
  void drop_read_only_flag();
  void use_other_map_type();
  void define_maps_by_types();
  void move_array_to_map();
  void inline_function();
  void make_function_static();
  void drop_static();
  void name_context_type();
  void declare_weak();
  void use_atomics();
  void iterate();
  void unroll();
  void end_assembly();

 private:
  bool has_line() const { return at_ < lines_.size(); }
  std::string fact(std::string_view name) const;
  // The expression at fault as it stands in the line; empty if it cannot be found there.
  std::string expression() const { return expression_; }
  bool is_written() const;
  // The arguments of the call at fault: the function's name, where they stand in the line, which one is wrong (-1).
  struct Call {
    std::string function;
    diag::CallText text;
    int wrong = -1;
  };
  Call call_at_fault() const;
  std::string argument(const Call& call, int index) const;
  // The last one; null: there is none.
  const diag::Event* event_of(diag::EventKind kind) const;
  // What to return early with, in the function around a line: "return XDP_PASS;".
  std::string leave(size_t at) const;

  void offer(std::string words, const Lines& lines) { out_.push_back({std::move(words), join_lines(lines)}); }
  // Statements before a line, with its indentation.
  static void insert_before(Lines& lines, size_t at, const Lines& code);
  // `lines` with the expression at fault replaced by a name that `code` gives a value before the statement.
  void offer_copy(std::string words, const std::string& expression, const Lines& code, const std::string& name);
  // A declaration behind the last #include, unless the source has one.
  void declare(Lines& lines, const std::string& function, const std::string& declaration) const;

  const Lines lines_;
  const Failing& f_;
  size_t at_ = size_t(-1);  // the line, from 0
  std::string expression_;
  u32 column_ = 0;  // of the expression, from 1
  std::vector<RemedyInSource> out_;
};

}  // namespace skep::cli
