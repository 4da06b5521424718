// The QR code of a receipt leads here with the receipt's number behind "#", which browsers send to nobody. The
// number goes into the field, and out of the address, which would stay in the history.

const number = decodeURIComponent(location.hash.slice(1));
const field = document.getElementById("id");
if (field && field.value === "" && /^[0-9a-z-]{20,80}$/.test(number)) {
  field.value = number;
  history.replaceState(null, "", location.pathname + location.search);
  field.form.querySelector("button").focus();
}
