#include "cli/app.h"

int main(int argc, char** argv) { return lakehold::cli::Run(argc, argv); }
