/// The version of this library and of its command.
public enum Version {
  public static let adjoint = "0.1.0"
}
