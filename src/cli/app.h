// The whole command line: arguments in, exit code out. Called once by main.
#pragma once

namespace lakehold::cli {

int Run(int argc, char** argv);

}  // namespace lakehold::cli
