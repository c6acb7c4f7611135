// data-largest="bytes" data-too-large="sentence" on a file field: says at once what the server would say after minutes.
export function weighFiles(root) {
  for (const field of root.querySelectorAll("input[type='file'][data-largest]")) {
    const told = document.createElement("p");
    told.className = "field-error";
    told.setAttribute("role", "alert");
    field.after(told);
    field.addEventListener("change", () => {
      const tooLarge = [...field.files].some((file) => file.size > Number(field.dataset.largest));
      told.textContent = tooLarge ? field.dataset.tooLarge : "";
      // An upload that cannot succeed is not begun.
      if (tooLarge) field.value = "";
    });
  }
}
