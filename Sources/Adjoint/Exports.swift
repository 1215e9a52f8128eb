// `import Adjoint` is all that a user needs, also under MemberImportVisibility.
@_exported import AdjointArray
@_exported import AdjointCodegen
@_exported import AdjointData
@_exported import AdjointExpressions
@_exported import AdjointIR
@_exported import AdjointInterpreter
@_exported import AdjointJIT
@_exported import AdjointLowering
@_exported import AdjointPlots
@_exported import AdjointTransforms
